"""Logins that must not succeed: the peer that breaks the protocol is told 08P01, and both connections close."""

import pytest

from proxy.errors import UpstreamUnavailable
from proxy.relay.login import Login
from proxy.relay.login_startup import version_number
from proxy.relay.login_words import CloseBoth, LoginLimits, Order, ToClient
from proxy.wire.constants import AuthenticationCode
from proxy.wire.messages.authentication import AuthenticationCleartextPassword, AuthenticationData, AuthenticationSASL
from proxy.wire.messages.encryption import GSSENCRequest, SSLRequest
from proxy.wire.messages.negotiate import NegotiateProtocolVersion
from proxy.wire.messages.password import PasswordMessage, SASLInitialResponse
from proxy.wire.messages.query import Query
from proxy.wire.messages.report import ErrorResponse
from proxy.wire.messages.rows import DataRow
from proxy.wire.messages.session import BackendKeyData, ParameterStatus
from tests.peers.greetings import KEY_DATA, OK, PID, READY, STATUS, USER, WELCOME, sasl_step, startup
from tests.peers.peer import joined

CLEARTEXT = AuthenticationCleartextPassword().encode()
PASSWORD = PasswordMessage(b"pw").encode()
SASL = AuthenticationSASL((b"SCRAM-SHA-256",)).encode()
INITIAL = SASLInitialResponse(b"SCRAM-SHA-256", b"n,,n=,r=a").encode()
CONTINUE = joined(sasl_step(AuthenticationCode.SASL_CONTINUE, b"r=ab,s=c,i=1"))
SSL, GSS = SSLRequest().encode(), GSSENCRequest().encode()


def login() -> Login:
    """A login that nobody has spoken in."""
    return Login(limits=LoginLimits(), secret=bytes)


def waiting(packet: bytes = b"") -> Login:
    """A login whose startup has reached the server."""
    fresh = login()
    fresh.client_said(packet or startup())
    fresh.connected()
    return fresh


def refusal(orders: list[Order]) -> str:
    """The SQLSTATE that the client reads last; both connections close behind it."""
    told, closed = orders[-2:]
    assert isinstance(told, ToClient)
    assert isinstance(closed, CloseBoth)
    response = ErrorResponse.decode(told.data[5:])
    assert response.severity == "FATAL"
    return response.sqlstate


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(SSL + SSL, id="SSLRequest twice in one chunk"),
        pytest.param(SSL + startup(), id="a startup sent before SSLRequest was answered"),
        pytest.param(GSS + b"\x16\x03\x01", id="a TLS hello sent before GSSENCRequest was answered"),
        pytest.param(b"\0\0\0\0", id="a length of 0"),
        pytest.param(b"\0\0\0\7", id="a length too short for any code"),
        pytest.param((10_005).to_bytes(4, "big"), id="a length above the limit"),
        pytest.param(b"\xff\xff\xff\xff", id="a negative length"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another protocol"),
        pytest.param(startup(USER, USER), id="a parameter twice"),
        pytest.param(startup(USER, (b"user", b"bob")), id="two users"),
        pytest.param(startup()[:-2] + b"xx", id="no terminator"),
        pytest.param(Query(b"select 1").encode(), id="a Query before the startup"),
    ],
)
def test_an_opening_that_breaks_the_protocol_ends_the_connection(said: bytes) -> None:
    assert refusal(login().client_said(said)) == "08P01"


@pytest.mark.parametrize("again", [SSL, GSS])
def test_encryption_is_answered_once_each(again: bytes) -> None:
    fresh = login()
    fresh.client_said(SSL)
    fresh.client_said(GSS)
    assert refusal(fresh.client_said(again)) == "08P01"


def test_the_longest_startup_passes_and_one_byte_more_does_not() -> None:
    empty = len(startup(USER, (b"o", b""))) - 4
    assert len(login().client_said(startup(USER, (b"o", b"x" * (10_000 - empty))))) == 1
    assert refusal(login().client_said(startup(USER, (b"o", b"x" * (10_001 - empty))))) == "08P01"


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param(((b"database", b"shop"),), id="no user"),
        pytest.param(((b"user", b""),), id="an empty user"),
        pytest.param(((b"user", b"a" * 64),), id="a user that the server would cut"),
        pytest.param((USER, (b"database", b"a" * 64)), id="a database that the server would cut"),
    ],
)
def test_a_startup_that_names_nobody_for_certain_is_refused(parameters: tuple[tuple[bytes, bytes], ...]) -> None:
    assert refusal(login().client_said(startup(*parameters))) == "28000"


def test_a_name_that_is_not_utf8_is_refused_once_the_server_has_had_its_say() -> None:
    talk = waiting(startup((b"user", b"\xff")))
    assert refusal(talk.server_said(WELCOME)) == "28000"


@pytest.mark.parametrize("major", [0, 1, 2, 4, 1233])
def test_another_major_version_is_not_supported(major: int) -> None:
    assert refusal(login().client_said(b"\0\0\0\x09" + major.to_bytes(2, "big") + b"\0\0\0")) == "0A000"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(startup(), id="a second startup"),
        pytest.param(SSL, id="an SSLRequest"),
        pytest.param(b"Q", id="a Query, known by its first byte"),
        pytest.param(b"p\0\0\0\3", id="a length of 3"),
        pytest.param(b"p\0\1\0\4", id="65,536 bytes of password"),
        pytest.param(b"p\0\0\0\6ab", id="a password without terminator"),
        pytest.param(b"p\0\0\0\7a\0b", id="a password with a NUL inside"),
    ],
)
def test_where_a_password_is_due_only_a_password_may_come(said: bytes) -> None:
    talk = waiting()
    talk.server_said(CLEARTEXT)
    assert refusal(talk.client_said(said)) == "08P01"


def test_the_longest_password_passes() -> None:
    talk = waiting()
    talk.server_said(CLEARTEXT)
    assert len(talk.client_said(PasswordMessage(b"x" * 65_534).encode())) == 1


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(SASLInitialResponse(b"SCRAM-SHA-256-PLUS", b"p=").encode(), id="a mechanism that was withheld"),
        pytest.param(b"p\0\0\0\x0aX\0\xff\xff\xff\xfe", id="a negative inner length"),
        pytest.param(b"p\0\0\0\x0aX\0\0\0\0\1", id="an inner length past the frame"),
        pytest.param(PASSWORD, id="a plain password"),
    ],
)
def test_a_sasl_choice_must_fit(said: bytes) -> None:
    talk = waiting()
    talk.server_said(SASL)
    assert refusal(talk.client_said(said)) == "08P01"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(READY, id="ReadyForQuery before AuthenticationOk"),
        pytest.param(STATUS, id="ParameterStatus before AuthenticationOk"),
        pytest.param(KEY_DATA, id="BackendKeyData before AuthenticationOk"),
        pytest.param(OK + OK, id="AuthenticationOk twice"),
        pytest.param(OK + CLEARTEXT, id="a password asked for after AuthenticationOk"),
        pytest.param(OK + KEY_DATA + KEY_DATA, id="two keys"),
        pytest.param(OK + BackendKeyData(PID, b"12345").encode(), id="a long key in protocol 3.0"),
        pytest.param(OK + b"Z\0\0\0\5T", id="ready inside a transaction"),
        pytest.param(OK + DataRow(()).encode(), id="a row"),
        pytest.param(OK + NegotiateProtocolVersion(0).encode(), id="a negotiation after AuthenticationOk"),
        pytest.param(NegotiateProtocolVersion(1).encode(), id="a version newer than asked for"),
        pytest.param(NegotiateProtocolVersion(0).encode() * 2, id="a negotiation twice"),
        pytest.param(CONTINUE, id="SASLContinue before SASL"),
        pytest.param(CLEARTEXT + OK, id="let in without the password that was asked for"),
        pytest.param(CLEARTEXT + CLEARTEXT, id="asked twice"),
        pytest.param(b"R\0\0\0\x08\0\0\0\x63", id="an unknown authentication request"),
        pytest.param(b"R\x7f\xff\xff\xff", id="a message of 2 GiB"),
        pytest.param(b"?\0\0\0\4", id="an unknown message type"),
    ],
)
def test_a_server_that_breaks_the_protocol_ends_the_login(said: bytes) -> None:
    assert refusal(waiting().server_said(said)) == "08P01"


def test_authentication_requests_do_not_go_round() -> None:
    talk = waiting()
    talk.server_said(CLEARTEXT)
    talk.client_said(PASSWORD)
    assert refusal(talk.server_said(CLEARTEXT)) == "08P01"


def test_scram_has_one_round() -> None:
    talk = waiting()
    talk.server_said(SASL)
    talk.client_said(INITIAL)
    talk.server_said(CONTINUE)
    talk.client_said(b"p\0\0\0\5x")
    assert refusal(talk.server_said(CONTINUE)) == "08P01"


@pytest.mark.parametrize("said", [OK, joined(sasl_step(AuthenticationCode.SASL_FINAL, b"v=x"))])
def test_a_server_does_not_skip_its_own_proof(said: bytes) -> None:
    talk = waiting()
    talk.server_said(SASL)
    talk.client_said(INITIAL)
    assert refusal(talk.server_said(said)) == "08P01"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(AuthenticationData(AuthenticationCode.GSS).encode(), id="GSSAPI"),
        pytest.param(AuthenticationData(AuthenticationCode.SSPI).encode(), id="SSPI"),
        pytest.param(AuthenticationSASL((b"SCRAM-SHA-256-PLUS",)).encode(), id="channel binding only"),
        pytest.param(AuthenticationSASL((b"OAUTHBEARER",)).encode(), id="OAuth only"),
    ],
)
def test_a_method_that_cannot_be_relayed_is_named_as_such(said: bytes) -> None:
    assert refusal(waiting().server_said(said)) == "0A000"


def test_a_version_that_we_cannot_read_is_not_let_in() -> None:
    assert refusal(waiting(startup(minor=3)).server_said(OK)) == "0A000"


def test_an_extension_that_the_server_accepts_is_not_let_in() -> None:
    talk = waiting(startup(USER, (b"_pq_.x", b"1"), (b"_pq_.y", b"1")))
    assert refusal(talk.server_said(NegotiateProtocolVersion(0, (b"_pq_.x",)).encode() + OK)) == "0A000"


def test_a_server_that_goes_away_is_reported() -> None:
    assert refusal(waiting().server_ended()) == "08006"


def test_a_server_that_cannot_be_reached_is_reported() -> None:
    fresh = login()
    fresh.client_said(startup())
    assert refusal(fresh.unreachable(UpstreamUnavailable("no"))) == "08006"


def test_a_login_past_its_deadline_is_told_so() -> None:
    assert refusal(waiting().expired()) == "57014"


def test_a_client_that_leaves_is_not_spoken_to() -> None:
    assert waiting().client_ended() == [CloseBoth()]


def test_what_passed_before_a_violation_has_passed() -> None:
    status = ParameterStatus(b"a", b"b").encode()
    orders = waiting().server_said(OK + status + OK)
    assert orders[:2] == [ToClient(OK), ToClient(status)]
    assert refusal(orders) == "08P01"


@pytest.mark.parametrize(
    ("reported", "number"),
    [
        ("15.14 (Debian 15.14-0+deb12u1)", 150014),
        ("18beta1", 180000),
        ("16devel", 160000),
        ("9.6.24", 90624),
        ("", 0),
        ("x", 0),
    ],
)
def test_a_version_is_read_as_the_server_numbers_it(reported: str, number: int) -> None:
    assert version_number(reported) == number
