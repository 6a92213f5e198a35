"""What both sides say at a login, for scripts that have to get past it."""

from typing import Final

from proxy.wire.constants import AuthenticationCode, TransactionStatus
from proxy.wire.messages.authentication import AuthenticationData, AuthenticationOk
from proxy.wire.messages.report import ErrorResponse
from proxy.wire.messages.session import BackendKeyData, ParameterStatus, ReadyForQuery
from proxy.wire.messages.startup import StartupMessage
from tests.peers.peer import Part, joined

USER: Final = (b"user", b"ann")
PID: Final = 4711
KEY: Final = b"\xde\xad\xbe\xef"
OK: Final = AuthenticationOk().encode()
STATUS: Final = joined(
    ParameterStatus(b"server_version", b"15.14 (Debian)"), ParameterStatus(b"client_encoding", b"UTF8")
)
KEY_DATA: Final = BackendKeyData(PID, KEY).encode()
READY: Final = ReadyForQuery(TransactionStatus.IDLE).encode()
WELCOME: Final = joined(OK, STATUS, KEY_DATA, READY)
"""All that a server says to a client that it trusts."""


def startup(*parameters: tuple[bytes, bytes], minor: int = 0) -> bytes:
    """A StartupMessage; without parameters, ann's."""
    return StartupMessage(minor, parameters or (USER,)).encode()


def error(sqlstate: bytes, severity: bytes = b"FATAL") -> ErrorResponse:
    """An error of the server."""
    return ErrorResponse({"S": severity, "V": severity, "C": sqlstate, "M": b"no"})


def sasl_step(code: AuthenticationCode, data: bytes) -> Part:
    """AuthenticationSASLContinue or …Final."""
    return AuthenticationData(code, data)
