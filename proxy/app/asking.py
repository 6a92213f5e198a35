"""A connection of the catalog account that speaks in frames, so that the relay's own questions can be asked by it."""

import hashlib
import socket
from typing import Final, Self

from proxy.app.scram import MECHANISM, Scram
from proxy.config.settings import Config
from proxy.errors import CatalogUnreadable, NotSupported, UpstreamUnavailable
from proxy.server.sockets import receive, send
from proxy.server.upstream import connect
from proxy.wire.constants import AuthenticationCode, ServerType
from proxy.wire.frame import Frame
from proxy.wire.messages.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationData,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationSASL,
    decode_authentication,
)
from proxy.wire.messages.password import PasswordMessage, SASLInitialResponse, SASLResponse
from proxy.wire.messages.query import Query
from proxy.wire.messages.report import ErrorResponse
from proxy.wire.messages.startup import StartupMessage
from proxy.wire.reader import FrameReader

LONGEST: Final = 0x3FFF_FFFF


class Asking:
    """One connection. It has logged in when `open` returns."""

    def __init__(self, sock: socket.socket, user: str, password: str) -> None:
        self._sock, self._user, self._password = sock, user, password
        self._reader, self._waiting = FrameReader(limit=LONGEST), list[Frame]()
        self._scram = Scram(password)

    @classmethod
    async def open(cls, config: Config, database: str) -> Self:
        """As the catalog account, in UTF-8. Raises UpstreamUnavailable, CatalogUnreadable, ProtocolViolation."""
        account = config.catalog
        password = account.password.reveal() if account.password is not None else ""
        made = cls(await connect(config.upstream), account.user, password)
        parameters = {
            "user": account.user,
            "database": database,
            "client_encoding": "UTF8",
            "application_name": "pgwarden explain",
        }
        pairs = tuple((name.encode(), value.encode()) for name, value in parameters.items())
        try:
            await made._log_in(StartupMessage(0, pairs).encode())
        except BaseException:
            made.close()
            raise
        return made

    async def ask(self, frames: bytes) -> list[Frame]:
        """What the server says to messages that a ReadyForQuery ends."""
        await send(self._sock, frames)
        said = [await self._next()]
        while said[-1].type != ServerType.READY_FOR_QUERY:
            said.append(await self._next())
        return said

    async def run(self, sql: str) -> ErrorResponse | None:
        """A simple Query; the server's error, where there is one."""
        for frame in await self.ask(Query(sql.encode()).encode()):
            if frame.type == ServerType.ERROR_RESPONSE:
                return ErrorResponse.decode(frame.payload)
        return None

    def close(self) -> None:
        """Leaves. What was set in a transaction goes with it."""
        self._sock.close()

    async def _next(self) -> Frame:
        while not self._waiting:
            if not (chunk := await receive(self._sock)):
                raise UpstreamUnavailable("the server closed the connection")
            self._waiting = self._reader.feed(chunk)
        return self._waiting.pop(0)

    async def _log_in(self, startup: bytes) -> None:
        await send(self._sock, startup)
        while (frame := await self._next()).type != ServerType.READY_FOR_QUERY:
            if frame.type == ServerType.ERROR_RESPONSE:
                raise CatalogUnreadable(words_of(ErrorResponse.decode(frame.payload)))
            if frame.type == ServerType.AUTHENTICATION and (answer := self._answer(frame.payload)):
                await send(self._sock, answer)

    def _answer(self, payload: bytes) -> bytes:
        match decode_authentication(payload):
            case AuthenticationOk():
                return b""
            case AuthenticationCleartextPassword():
                return PasswordMessage(self._password.encode()).encode()
            case AuthenticationMD5Password(salt):
                return PasswordMessage(_md5(self._user, self._password, salt)).encode()
            case AuthenticationSASL(mechanisms) if MECHANISM in mechanisms:
                return SASLInitialResponse(MECHANISM, self._scram.first()).encode()
            case AuthenticationData(AuthenticationCode.SASL_CONTINUE, data):
                return SASLResponse(self._scram.final(data)).encode()
            case AuthenticationData(AuthenticationCode.SASL_FINAL, data):
                self._scram.check(data)
                return b""
            case _:
                raise NotSupported(
                    "the server asks the catalog account for a kind of login that is not in this version"
                )


def words_of(error: ErrorResponse) -> str:
    """The server's message."""
    return error.fields.get("M", b"").decode("utf-8", "replace")


def _md5(user: str, password: str, salt: bytes) -> bytes:
    inner = hashlib.md5(password.encode() + user.encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()
