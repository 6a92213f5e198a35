"""What a login is told, what it orders, and what it ends with."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeAlias

import msgspec

from proxy.errors import WardenError
from proxy.wire.constants import MAX_PASSWORD_PAYLOAD, MAX_STARTUP_PAYLOAD


class LoginLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Longest payloads in bytes: of the untyped opening, and of any message of either side until the login is over."""

    startup: int = MAX_STARTUP_PAYLOAD
    password: int = MAX_PASSWORD_PAYLOAD


class LoginPhase(Enum):
    """Whose turn it is."""

    OPENING = auto()  # the client's: SSLRequest, GSSENCRequest, CancelRequest or StartupMessage
    CONNECTING = auto()  # ours: the server is being reached
    WAITING = auto()  # the server's: it has the startup
    PASSWORD_DUE = auto()  # the client's
    PASSWORD_SENT = auto()  # the server's
    SASL_DUE = auto()  # the client's: SASLInitialResponse
    SASL_SENT = auto()  # the server's
    SASL_RESPONSE_DUE = auto()  # the client's: SASLResponse
    SASL_RESPONSE_SENT = auto()  # the server's
    SASL_VERIFIED = auto()  # the server's: it has proven itself, AuthenticationOk is due
    AUTHENTICATED = auto()  # the server's: settings, key, ReadyForQuery
    FINISHED = auto()
    CLOSED = auto()


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session that may begin. held has not been sent to the client: BackendKeyData with our key, and all that the
    server said behind it, up to ReadyForQuery. client_rest, server_rest: bytes read behind that, still unseen."""

    user: str
    database: str
    startup: Mapping[str, str]
    """Every startup parameter; bytes that are not UTF-8 show as escapes."""
    options: str
    """The startup parameter `options`, empty where there is none."""
    replication: bool
    parameters: Mapping[str, str]
    """Every ParameterStatus so far, the last value of each."""
    server_version_num: int
    """As the server's setting of that name: 150014; 0 where the reported version cannot be read."""
    backend_pid: int
    """Real, and what the client is told: drivers recognise their own notifications by it. 0: the server sent none."""
    backend_key: bytes
    """The server's: what a cancel request upstream must hold."""
    client_key: bytes
    """Ours, of the same length: what the client's cancel request will hold."""
    minor: int
    """Protocol 3.minor is in force."""
    held: bytes
    client_rest: bytes
    server_rest: bytes

    def __repr__(self) -> str:
        return f"LoggedIn(user={self.user!r}, database={self.database!r}, pid={self.backend_pid})"


class ToClient(msgspec.Struct, frozen=True):
    """Send these bytes to the client."""

    data: bytes

    def __repr__(self) -> str:
        return f"ToClient({len(self.data)} bytes)"


class ToServer(msgspec.Struct, frozen=True):
    """Send these bytes to the server. They may hold a password."""

    data: bytes

    def __repr__(self) -> str:
        return f"ToServer({len(self.data)} bytes)"


class ConnectUpstream(msgspec.Struct, frozen=True):
    """Reach the server; then say connected() or unreachable()."""


class Cancel(msgspec.Struct, frozen=True):
    """The connection was a CancelRequest: find the session, pass it on, close without a word."""

    pid: int
    key: bytes

    def __repr__(self) -> str:
        return f"Cancel(pid={self.pid})"


class CloseBoth(msgspec.Struct, frozen=True):
    """Close both connections; what the client is told was an order before. error: why, None if nobody is wrong."""

    error: WardenError | None = None


class Finish(msgspec.Struct, frozen=True):
    """The login is over and good."""

    session: LoggedIn


Order: TypeAlias = ToClient | ToServer | ConnectUpstream | Cancel | CloseBoth | Finish
