"""Logins that succeed: each side hears what the other said, and the session begins with all that is known of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.relay.login import Login
from proxy.relay.login_words import (
    Cancel,
    CloseBoth,
    ConnectUpstream,
    Finish,
    LoggedIn,
    LoginLimits,
    Order,
    ToClient,
    ToServer,
)
from proxy.wire.constants import AuthenticationCode
from proxy.wire.messages.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationSASL,
)
from proxy.wire.messages.cancel import CancelRequest
from proxy.wire.messages.encryption import GSSENCRequest, SSLRequest
from proxy.wire.messages.negotiate import NegotiateProtocolVersion
from proxy.wire.messages.password import PasswordMessage, SASLInitialResponse, SASLResponse
from proxy.wire.messages.query import Query
from proxy.wire.messages.report import NoticeResponse
from proxy.wire.messages.session import BackendKeyData, ParameterStatus
from tests.peers.greetings import KEY, KEY_DATA, OK, PID, READY, STATUS, USER, WELCOME, error, sasl_step, startup
from tests.peers.peer import joined

NOTICE = NoticeResponse({"S": b"NOTICE", "M": b"hello"}).encode()
CLEARTEXT = AuthenticationCleartextPassword().encode()


def our_key(size: int) -> bytes:
    """A secret that a test can name."""
    return b"\x11" * size


def login() -> Login:
    """A login that nobody has spoken in."""
    return Login(limits=LoginLimits(), secret=our_key)


def waiting(packet: bytes = b"") -> Login:
    """A login whose startup has reached the server."""
    fresh = login()
    fresh.client_said(packet or startup())
    fresh.connected()
    return fresh


def session(orders: list[Order]) -> LoggedIn:
    """What the login ended with."""
    assert isinstance(orders[-1], Finish)
    return orders[-1].session


def to_client(orders: list[Order]) -> bytes:
    """All that the client is sent."""
    return b"".join(order.data for order in orders if isinstance(order, ToClient))


def test_the_startup_reaches_the_server_verbatim() -> None:
    packet = startup(USER, (b"options", b"-c geqo=off"), (b"_pq_.x", b"1"), minor=2)
    fresh = login()
    assert fresh.client_said(packet) == [ConnectUpstream()]
    assert fresh.connected() == [ToServer(packet)]


def test_a_trusted_client_is_in_and_its_key_is_ours() -> None:
    orders = waiting().server_said(WELCOME)
    logged_in = session(orders)
    assert to_client(orders) == joined(OK, STATUS)
    assert logged_in.held == joined(BackendKeyData(PID, our_key(4)), READY)
    assert (logged_in.backend_pid, logged_in.backend_key, logged_in.client_key) == (PID, KEY, our_key(4))


def test_the_session_knows_who_it_is() -> None:
    packet = startup(USER, (b"database", b"shop"), (b"options", b"-c geqo=off"), (b"application_name", b"psql"))
    logged_in = session(waiting(packet).server_said(WELCOME))
    assert (logged_in.user, logged_in.database, logged_in.options) == ("ann", "shop", "-c geqo=off")
    assert logged_in.startup["application_name"] == "psql"
    assert logged_in.parameters["client_encoding"] == "UTF8"
    assert (logged_in.server_version_num, logged_in.minor, logged_in.replication) == (150014, 0, False)


@pytest.mark.parametrize("database", [(), ((b"database", b""),)], ids=["missing", "empty"])
def test_a_database_that_is_not_named_is_the_users(database: tuple[tuple[bytes, bytes], ...]) -> None:
    assert session(waiting(startup(USER, *database)).server_said(WELCOME)).database == "ann"


@pytest.mark.parametrize("value", [b"database", b"true", b"on", b"1", b"what the server may make of this"])
def test_replication_is_seen(value: bytes) -> None:
    assert session(waiting(startup(USER, (b"replication", value))).server_said(WELCOME)).replication


@pytest.mark.parametrize("value", [b"false", b"OFF", b"n", b"0"])
def test_no_replication_is_what_the_server_takes_for_false(value: bytes) -> None:
    assert not session(waiting(startup(USER, (b"replication", value))).server_said(WELCOME)).replication


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        pytest.param(CLEARTEXT, PasswordMessage(b"pw").encode(), id="cleartext password"),
        pytest.param(AuthenticationMD5Password(b"salt").encode(), PasswordMessage(b"md5abc").encode(), id="md5"),
    ],
)
def test_a_password_is_relayed(request_: bytes, answer: bytes) -> None:
    talk = waiting()
    assert talk.server_said(request_) == [ToClient(request_)]
    assert talk.client_said(answer) == [ToServer(answer)]
    assert session(talk.server_said(WELCOME)).user == "ann"


def test_scram_is_relayed_without_channel_binding() -> None:
    talk = waiting()
    offer = AuthenticationSASL((b"SCRAM-SHA-256-PLUS", b"SCRAM-SHA-256")).encode()
    initial = SASLInitialResponse(b"SCRAM-SHA-256", b"n,,n=,r=a").encode()
    asked = joined(sasl_step(AuthenticationCode.SASL_CONTINUE, b"r=ab,s=c,i=4096"))
    final = joined(sasl_step(AuthenticationCode.SASL_FINAL, b"v=x"))
    assert talk.server_said(offer) == [ToClient(AuthenticationSASL((b"SCRAM-SHA-256",)).encode())]
    assert talk.client_said(initial) == [ToServer(initial)]
    assert talk.server_said(asked) == [ToClient(asked)]
    assert talk.client_said(SASLResponse(b"c=biws,r=ab,p=x").encode()) == [
        ToServer(SASLResponse(b"c=biws,r=ab,p=x").encode())
    ]
    orders = talk.server_said(final + WELCOME)
    assert to_client(orders) == joined(final, OK, STATUS)
    assert session(orders).user == "ann"


def test_encryption_is_refused_once_each_and_the_startup_follows() -> None:
    fresh = login()
    assert fresh.client_said(GSSENCRequest().encode()) == [ToClient(b"N")]
    assert fresh.client_said(SSLRequest().encode()) == [ToClient(b"N")]
    assert fresh.client_said(startup()) == [ConnectUpstream()]


def test_a_cancel_request_is_not_a_session() -> None:
    fresh = login()
    assert fresh.client_said(CancelRequest(PID, KEY).encode()) == [Cancel(PID, KEY)]
    assert fresh.client_said(startup()) == []


def test_the_version_that_the_server_negotiates_is_in_force() -> None:
    negotiation = NegotiateProtocolVersion(0, (b"_pq_.x",)).encode()
    talk = waiting(startup(USER, (b"_pq_.x", b"1"), minor=9999))
    assert talk.server_said(negotiation) == [ToClient(negotiation)]
    assert session(talk.server_said(WELCOME)).minor == 0


def test_a_long_key_of_protocol_3_2_gets_one_of_its_length() -> None:
    long_key = BackendKeyData(PID, b"k" * 32).encode()
    logged_in = session(waiting(startup(minor=2)).server_said(joined(OK, long_key, READY)))
    assert (logged_in.backend_key, logged_in.client_key) == (b"k" * 32, our_key(32))
    assert logged_in.held == joined(BackendKeyData(PID, our_key(32)), READY)


def test_what_comes_behind_the_key_is_held_with_it() -> None:
    late = ParameterStatus(b"TimeZone", b"UTC").encode()
    logged_in = session(waiting().server_said(joined(OK, KEY_DATA, late, NOTICE, READY)))
    assert logged_in.held == joined(BackendKeyData(PID, our_key(4)), late, NOTICE, READY)
    assert logged_in.parameters == {"TimeZone": "UTC"}


def test_a_notice_passes_at_any_moment() -> None:
    talk = waiting()
    assert talk.server_said(NOTICE) == [ToClient(NOTICE)]
    assert talk.server_said(joined(OK, NOTICE)) == [ToClient(OK), ToClient(NOTICE)]


def test_a_server_without_keys_gives_a_session_that_cannot_be_cancelled() -> None:
    logged_in = session(waiting().server_said(OK + READY))
    assert (logged_in.backend_pid, logged_in.backend_key, logged_in.client_key) == (0, b"", b"")
    assert logged_in.held == READY


def test_what_a_trusted_client_has_already_asked_is_left_for_the_session() -> None:
    query = Query(b"select 1").encode()
    talk = login()
    talk.client_said(startup() + query)
    assert not talk.hungry
    talk.connected()
    assert session(talk.server_said(WELCOME)).client_rest == query


def test_a_password_that_was_sent_early_waits_until_it_is_due() -> None:
    answer = PasswordMessage(b"pw").encode()
    talk = login()
    talk.client_said(startup() + answer)
    assert talk.connected() == [ToServer(startup())]
    assert talk.server_said(CLEARTEXT) == [ToClient(CLEARTEXT), ToServer(answer)]


def test_what_the_server_says_behind_ready_is_left_for_the_session() -> None:
    assert session(waiting().server_said(WELCOME + NOTICE + b"S\0")).server_rest == NOTICE + b"S\0"


def test_the_servers_error_is_the_last_word() -> None:
    refusal = error(b"3D000").encode()
    talk = waiting()
    assert talk.server_said(joined(OK, refusal, WELCOME)) == [ToClient(OK), ToClient(refusal), CloseBoth()]
    assert talk.server_said(WELCOME) == []


SCRIPT = (
    (Login.client_said, SSLRequest().encode()),
    (Login.client_said, startup(USER, (b"database", b"shop"))),
    (Login.server_said, CLEARTEXT),
    (Login.client_said, PasswordMessage(b"pw").encode()),
    (Login.server_said, joined(NOTICE, WELCOME)),
)


@given(sizes=st.lists(st.integers(1, 30), min_size=1))
def test_it_does_not_matter_where_the_chunks_end(sizes: list[int]) -> None:
    for cuts in ([10_000], [1], sizes):
        talk, orders = login(), list[Order]()
        for say, data in SCRIPT:
            for chunk in chunked(data, cuts):
                for order in say(talk, chunk):
                    orders += [order, *(talk.connected() if order == ConnectUpstream() else [])]
        assert to_client(orders) == joined(b"N", CLEARTEXT, NOTICE, OK, STATUS)
        assert session(orders).held == joined(BackendKeyData(PID, our_key(4)), READY)


def chunked(data: bytes, sizes: list[int]) -> list[bytes]:
    """data in pieces of sizes, again and again."""
    chunks, at, turn = [], 0, 0
    while at < len(data):
        chunks.append(data[at : at + sizes[turn % len(sizes)]])
        at, turn = at + sizes[turn % len(sizes)], turn + 1
    return chunks
