"""The login conversation, without I/O: from a client's first byte to the server's ReadyForQuery.

Authentication is relayed: the server asks, the client answers, and we see that each says only what is due. Source:
manual, "Start-up", "SASL Authentication"; the server's side in auth.c and postmaster.c.
"""

from collections.abc import Callable

from proxy.errors import (
    InvariantBroken,
    LoginTimeout,
    NotSupported,
    ProtocolViolation,
    UpstreamUnavailable,
    WardenError,
)
from proxy.relay.login_moves import ANSWERS, MECHANISMS, REQUESTS, UNRELAYED
from proxy.relay.login_startup import (
    Startup,
    check_major,
    identifier,
    mechanisms_left,
    read_startup,
    text,
    version_number,
)
from proxy.relay.login_words import (
    Cancel,
    CloseBoth,
    ConnectUpstream,
    Finish,
    LoggedIn,
    LoginLimits,
    LoginPhase,
    Order,
    ToClient,
    ToServer,
)
from proxy.wire.constants import (
    KEY_BYTES_3_0,
    PROTOCOL_NEWEST_MINOR,
    REFUSE_ENCRYPTION,
    AuthenticationCode,
    ClientType,
    ServerType,
    TransactionStatus,
)
from proxy.wire.frame import Frame
from proxy.wire.messages.authentication import AuthenticationSASL, decode_authentication
from proxy.wire.messages.cancel import CancelRequest
from proxy.wire.messages.encryption import GSSENCRequest, SSLRequest
from proxy.wire.messages.negotiate import NegotiateProtocolVersion
from proxy.wire.messages.opening import decode_opening
from proxy.wire.messages.password import SASLInitialResponse
from proxy.wire.messages.report import ErrorResponse, fatal_response
from proxy.wire.messages.session import BackendKeyData, ParameterStatus, ReadyForQuery
from proxy.wire.messages.startup import StartupMessage
from proxy.wire.reader import FrameReader, OpeningReader


class Login:
    """One login. Each event gives the orders to carry out, in order; after Finish, Cancel or CloseBoth there are none.
    secret: makes the key that the client will cancel with, of the length asked."""

    def __init__(self, *, limits: LoginLimits, secret: Callable[[int], bytes]) -> None:
        self.phase = LoginPhase.OPENING
        self._secret, self._orders = secret, list[Order]()
        self._opening, self._client = OpeningReader(limit=limits.startup), FrameReader(limit=limits.password)
        self._server = FrameReader(limit=limits.password)
        self._refused_encryption = set[type]()
        self._startup: Startup | None = None
        self._startup_bytes, self._minor = b"", 0
        self._unrecognized: frozenset[bytes] | None = None
        self._parameters, self._key, self._client_key = dict[str, str](), BackendKeyData(0, b""), b""
        self._held: bytearray | None = None

    @property
    def hungry(self) -> bool:
        """Whether the client may be read: it is its turn, or nothing of it waits. So only little ever waits."""
        return self.phase in (LoginPhase.OPENING, *ANSWERS) or not self._client.buffered

    def client_said(self, chunk: bytes) -> list[Order]:
        """Bytes from the client."""
        return self._guard(lambda: self._hear_client(chunk))

    def server_said(self, chunk: bytes) -> list[Order]:
        """Bytes from the server."""
        return self._guard(lambda: self._hear_server(chunk))

    def connected(self) -> list[Order]:
        """The server is reached."""
        return self._guard(self._send_startup)

    def unreachable(self, error: WardenError) -> list[Order]:
        """The server is not to be had, for the client to read why."""
        return self._guard(lambda: self._refuse(error))

    def client_ended(self) -> list[Order]:
        """The client has left."""
        return self._guard(lambda: self._close(None))

    def server_ended(self) -> list[Order]:
        """The server has closed before the login was over."""
        gone = UpstreamUnavailable("the server closed the connection during the login")
        return self._guard(lambda: self._refuse(gone))

    def expired(self) -> list[Order]:
        """The deadline has passed."""
        return self._guard(lambda: self._refuse(LoginTimeout("canceling authentication due to timeout")))

    def _guard(self, step: Callable[[], None]) -> list[Order]:
        if self.phase in (LoginPhase.FINISHED, LoginPhase.CLOSED):
            return []
        try:
            step()
        except WardenError as error:
            self._refuse(error)
        orders, self._orders = self._orders, []
        return orders

    def _order(self, order: Order) -> None:
        self._orders.append(order)

    def _refuse(self, error: WardenError) -> None:
        self._order(ToClient(fatal_response(error).encode()))
        self._close(error)

    def _close(self, error: WardenError | None) -> None:
        self.phase = LoginPhase.CLOSED
        self._order(CloseBoth(error))

    # the client's side

    def _hear_client(self, chunk: bytes) -> None:
        if self.phase is not LoginPhase.OPENING:
            self._client.push(chunk)
            return self._take_answer()
        self._opening.push(chunk)
        while self.phase is LoginPhase.OPENING and (payload := self._opening.pull()) is not None:
            self._open(payload)
        return None

    def _open(self, payload: bytes) -> None:
        check_major(payload)
        match opening := decode_opening(payload):
            case SSLRequest() | GSSENCRequest():
                self._refuse_encryption(type(opening))
            case CancelRequest(pid, key):
                self.phase = LoginPhase.CLOSED
                self._order(Cancel(pid, key))
            case StartupMessage():
                self._startup, self._minor = read_startup(opening), opening.minor
                self._startup_bytes = opening.encode()
                self._client.push(self._opening.take_rest())
                self.phase = LoginPhase.CONNECTING
                self._order(ConnectUpstream())
            case _:
                raise InvariantBroken(f"an opening that nobody reads, of {len(payload)} bytes")

    def _refuse_encryption(self, kind: type) -> None:
        if kind in self._refused_encryption:
            raise ProtocolViolation("encryption was asked for again")
        if self._opening.buffered:  # it was sent before our answer: as if it were encrypted, or by somebody else
            raise ProtocolViolation("received unencrypted data after SSL request")
        self._refused_encryption.add(kind)
        self._order(ToClient(REFUSE_ENCRYPTION))

    def _take_answer(self) -> None:
        """Passes on what is due; anything else waits for its turn."""
        if (due := ANSWERS.get(self.phase)) is None:
            return
        if (type_ := self._client.next_type) not in (None, ClientType.PASSWORD):
            raise ProtocolViolation(f"expected password response, got message type {type_!r}")
        if (frame := self._client.pull()) is None:
            return
        decode, after = due
        answer = decode(frame.payload)
        if isinstance(answer, SASLInitialResponse) and answer.mechanism not in MECHANISMS:
            raise ProtocolViolation("the client selected a SASL mechanism that was not offered")
        self.phase = after
        self._order(ToServer(frame.encode()))

    # the server's side

    def _send_startup(self) -> None:
        if self.phase is not LoginPhase.CONNECTING:
            raise InvariantBroken(f"connected in {self.phase.name}")
        self.phase = LoginPhase.WAITING
        self._order(ToServer(self._startup_bytes))

    def _hear_server(self, chunk: bytes) -> None:
        self._server.push(chunk)
        while self.phase not in (LoginPhase.FINISHED, LoginPhase.CLOSED) and (frame := self._server.pull()) is not None:
            self._hear_frame(frame)

    def _hear_frame(self, frame: Frame) -> None:
        match frame.type:
            case ServerType.ERROR_RESPONSE:
                self._last_word(frame)
            case ServerType.NOTICE_RESPONSE:
                self._pass(frame)
            case ServerType.NEGOTIATE_PROTOCOL_VERSION if self.phase is LoginPhase.WAITING:
                self._negotiate(frame)
            case ServerType.AUTHENTICATION:
                self._authenticate(frame)
            case ServerType.PARAMETER_STATUS if self.phase is LoginPhase.AUTHENTICATED:
                status = ParameterStatus.decode(frame.payload)
                self._parameters[text(status.name)] = text(status.value)
                self._pass(frame)
            case ServerType.BACKEND_KEY_DATA if self.phase is LoginPhase.AUTHENTICATED and self._held is None:
                self._replace_key(BackendKeyData.decode(frame.payload))
            case ServerType.READY_FOR_QUERY if self.phase is LoginPhase.AUTHENTICATED:
                self._finish(frame)
            case _:
                raise ProtocolViolation(f"the server sent {frame.type!r} in {self.phase.name}")

    def _pass(self, frame: Frame) -> None:
        if self._held is None:
            self._order(ToClient(frame.encode()))
        else:
            self._held += frame.encode()

    def _last_word(self, frame: Frame) -> None:
        """During a login every error is fatal, and what the server says last is what the client hears last."""
        ErrorResponse.decode(frame.payload)
        self._order(ToClient(frame.encode()))
        self._close(None)

    def _negotiate(self, frame: Frame) -> None:
        answer = NegotiateProtocolVersion.decode(frame.payload)
        if self._unrecognized is not None or answer.minor > self._minor:
            raise ProtocolViolation("the server negotiates a version that was not asked for, or twice")
        self._minor, self._unrecognized = answer.minor, frozenset(answer.unrecognized)
        self._pass(frame)

    def _authenticate(self, frame: Frame) -> None:
        request = decode_authentication(frame.payload)
        if request.code in UNRELAYED:
            raise NotSupported(
                f"the server asks for {request.code.name} authentication, which pgwarden does not relay",
                hint="Let pg_hba.conf ask this user for scram-sha-256.",
            )
        if (after := REQUESTS.get((self.phase, request.code))) is None:
            raise ProtocolViolation(f"the server sent authentication request {request.code.name} in {self.phase.name}")
        self.phase = after
        if isinstance(request, AuthenticationSASL):
            frame = Frame(frame.type, _offer(request).encode()[5:])
        if request.code is AuthenticationCode.OK:
            self._check_version()
        self._pass(frame)
        self._take_answer()

    def _check_version(self) -> None:
        """Nothing is in force that we cannot read. PostgreSQL names what it does not know, so silence is consent."""
        asked = self._startup.extensions if self._startup else frozenset()
        if self._minor > PROTOCOL_NEWEST_MINOR:
            raise NotSupported(f"pgwarden speaks protocol 3.0 to 3.{PROTOCOL_NEWEST_MINOR}, the server 3.{self._minor}")
        if asked - (self._unrecognized or frozenset()):
            raise NotSupported("the server accepts a protocol extension that pgwarden does not know")

    def _replace_key(self, data: BackendKeyData) -> None:
        if self._minor < PROTOCOL_NEWEST_MINOR and len(data.key) != KEY_BYTES_3_0:
            raise ProtocolViolation(f"a cancel key of {len(data.key)} bytes in protocol 3.{self._minor}")
        self._key, self._client_key = data, self._secret(len(data.key))
        self._held = bytearray(BackendKeyData(data.pid, self._client_key).encode())

    def _finish(self, frame: Frame) -> None:
        if self._startup is None or ReadyForQuery.decode(frame.payload).status is not TransactionStatus.IDLE:
            raise ProtocolViolation("the server is ready in the middle of a transaction")
        self.phase = LoginPhase.FINISHED
        session = LoggedIn(
            user=identifier(self._startup.user),
            database=identifier(self._startup.database),
            startup=self._startup.parameters,
            options=self._startup.options,
            replication=self._startup.replication,
            parameters=self._parameters,
            server_version_num=version_number(self._parameters.get("server_version", "")),
            backend_pid=self._key.pid,
            backend_key=self._key.key,
            client_key=self._client_key,
            minor=self._minor,
            held=bytes(self._held or b"") + frame.encode(),
            client_rest=self._client.take_rest(),
            server_rest=self._server.take_rest(),
        )
        self._order(Finish(session))


def _offer(request: AuthenticationSASL) -> AuthenticationSASL:
    """The mechanisms that can be relayed. Raises NotSupported where none is left."""
    if not (left := mechanisms_left(request.mechanisms, MECHANISMS)):
        raise NotSupported(
            "the server offers no SASL mechanism that pgwarden relays",
            hint="Let pg_hba.conf ask this user for scram-sha-256.",
        )
    return AuthenticationSASL(left)
