"""Whatever two peers say, a login gives orders: it never fails, has one end, and never shows the server's key."""

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.relay.login import Login
from proxy.relay.login_words import Cancel, CloseBoth, ConnectUpstream, Finish, LoginLimits, Order, ToClient
from proxy.wire.constants import AuthenticationCode
from proxy.wire.messages.authentication import AuthenticationCleartextPassword, AuthenticationSASL
from proxy.wire.messages.encryption import SSLRequest
from proxy.wire.messages.negotiate import NegotiateProtocolVersion
from proxy.wire.messages.password import PasswordMessage, SASLInitialResponse, SASLResponse
from proxy.wire.messages.query import Query
from tests.peers.greetings import KEY, KEY_DATA, OK, READY, STATUS, WELCOME, error, sasl_step, startup
from tests.peers.peer import Part, joined

CLIENT: tuple[Part, ...] = (
    startup(),
    startup(minor=2),
    SSLRequest(),
    PasswordMessage(b"pw"),
    SASLInitialResponse(b"SCRAM-SHA-256", b"n,,"),
    SASLResponse(b"x"),
    Query(b"x"),
    b"\0",
    b"p",
)
SERVER: tuple[Part, ...] = (
    OK,
    STATUS,
    KEY_DATA,
    READY,
    WELCOME,
    error(b"28P01"),
    NegotiateProtocolVersion(0),
    AuthenticationCleartextPassword(),
    AuthenticationSASL((b"SCRAM-SHA-256",)),
    sasl_step(AuthenticationCode.SASL_CONTINUE, b"x"),
    sasl_step(AuthenticationCode.SASL_FINAL, b"x"),
    b"R",
    b"Z\0\0\0\5",
    b"\xff" * 5,
)

STEPS = st.one_of(
    st.tuples(st.just("client_said"), st.sampled_from([joined(part) for part in CLIENT]) | st.binary(max_size=8)),
    st.tuples(st.just("server_said"), st.sampled_from([joined(part) for part in SERVER]) | st.binary(max_size=8)),
    st.tuples(st.sampled_from(["client_ended", "server_ended", "expired"]), st.none()),
)
LAST = (Finish, Cancel, CloseBoth)


def say(login: Login, event: str, data: bytes | None) -> list[Order]:
    """One event, and the server that is reached at once where the login asks for it."""
    orders: list[Order] = getattr(login, event)(*([] if data is None else [data]))
    return [*orders, *(login.connected() if orders[-1:] == [ConnectUpstream()] else [])]


@settings(max_examples=300)
@given(steps=st.lists(STEPS, max_size=12))
def test_any_two_peers_get_orders_and_one_end(steps: list[tuple[str, bytes | None]]) -> None:
    login = Login(limits=LoginLimits(), secret=lambda size: b"\x11" * size)
    orders = [order for event, data in [("client_said", startup()), *steps] for order in say(login, event, data)]
    ends = [order for order in orders if isinstance(order, LAST)]
    assert ends in ([], orders[-1:])
    shown = b"".join(order.data for order in orders if isinstance(order, ToClient))
    held = b"".join(order.session.held for order in ends if isinstance(order, Finish))
    assert KEY not in shown + held
