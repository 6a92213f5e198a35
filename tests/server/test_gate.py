"""Connections pass the gate by their login, and one that misbehaves troubles no other. The server is scripted."""

import asyncio

import pytest

from proxy.wire.messages.authentication import AuthenticationCleartextPassword
from proxy.wire.messages.bare import Terminate
from proxy.wire.messages.cancel import CancelRequest
from proxy.wire.messages.encryption import GSSENCRequest, SSLRequest
from proxy.wire.messages.password import PasswordMessage
from proxy.wire.messages.query import Query
from proxy.wire.messages.report import ErrorResponse
from proxy.wire.messages.session import BackendKeyData
from tests.peers.greetings import KEY, OK, PID, READY, STATUS, WELCOME, error, startup
from tests.peers.peer import Listening, Peer, joined, listening
from tests.server.entrance import Entrance, our_key

CLEARTEXT = AuthenticationCleartextPassword().encode()
SSL, GSS = SSLRequest().encode(), GSSENCRequest().encode()
OUR_WELCOME = joined(OK, STATUS, BackendKeyData(PID, our_key(4)), READY)


async def logged_in(entrance: Entrance, door: Listening) -> tuple[Peer, Peer]:
    """A client and its server, after a login by trust."""
    client = await entrance.connect()
    await client.send(startup())
    server = await door.accept()
    await server.expect(startup())
    await server.send(WELCOME)
    await client.expect(OUR_WELCOME)
    return client, server


async def last_words(client: Peer) -> str:
    """The SQLSTATE of the FATAL that the client reads before the connection closes."""
    frame = await client.frame()
    response = ErrorResponse.decode(frame.payload)
    assert response.severity == "FATAL"
    await client.ended()
    return response.sqlstate


async def test_a_login_passes_and_the_session_forwards(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client, server = await logged_in(entrance, door)
        await client.send(Query(b"select 1"))
        await server.expect(Query(b"select 1"))
        assert (await entrance.sessions.get()).user == "ann"


async def test_a_login_that_arrives_byte_by_byte_is_assembled(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send_bytewise(SSL)
        await client.expect(b"N")
        await client.send_bytewise(startup())
        server = await door.accept()
        await server.expect(startup())
        await server.send_bytewise(CLEARTEXT)
        await client.expect(CLEARTEXT)
        await client.send_bytewise(PasswordMessage(b"pw"))
        await server.expect(PasswordMessage(b"pw"))
        await server.send_bytewise(WELCOME)
        await client.expect(OUR_WELCOME)


async def test_what_a_half_closed_client_has_asked_is_left_for_its_session(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(startup(), Query(b"select 1"), Terminate())
        client.half_close()
        server = await door.accept()
        await server.expect(startup())
        await server.send(WELCOME)
        await server.expect(Query(b"select 1"), Terminate())


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"\xff\xff\xff\xff", id="a negative length"),
        pytest.param(b"\0\0\x30\0" + b"x" * 8_000, id="a startup above the limit"),
        pytest.param(SSL + startup(), id="a startup before SSLRequest was answered"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another protocol"),
    ],
)
async def test_a_client_that_breaks_the_protocol_reads_why(entrance: Entrance, said: bytes) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(said)
        assert await last_words(client) == "08P01"


async def test_encryption_requests_come_to_an_end(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        for request in (SSL, GSS):
            await client.send(request)
            await client.expect(b"N")
        await client.send(SSL)
        assert await last_words(client) == "08P01"


async def test_a_second_startup_where_a_password_is_due_ends_both(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(startup())
        server = await door.accept()
        await server.expect(startup())
        await server.send(CLEARTEXT)
        await client.expect(CLEARTEXT)
        await client.send(startup())
        assert await last_words(client) == "08P01"
        await server.ended()


async def test_the_servers_refusal_reaches_the_client_as_the_last_word(entrance: Entrance) -> None:
    refusal = error(b"3D000").encode()
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(startup())
        server = await door.accept()
        await server.expect(startup())
        await server.send(refusal)
        server.close()
        await client.expect(refusal)
        await client.ended()


async def test_a_server_that_dies_during_the_login_is_reported(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(startup())
        (await door.accept()).reset()
        assert await last_words(client) == "08006"


async def test_a_server_that_does_not_listen_is_reported(entrance: Entrance) -> None:
    async with listening() as door:
        nobody = door.port
    await entrance.open(nobody)
    client = await entrance.connect()
    await client.send(startup())
    frame = await client.frame()
    response = ErrorResponse.decode(frame.payload)
    assert response.sqlstate == "08006"
    assert b"nothing listens there" in response.fields["M"]
    await client.ended()


async def test_a_unix_socket_that_does_not_exist_is_reported(entrance: Entrance, tmp_path: object) -> None:
    await entrance.open(5432, str(tmp_path))
    client = await entrance.connect()
    await client.send(startup())
    assert await last_words(client) == "08006"


async def test_a_client_that_leaves_during_the_login_ends_it_at_the_server(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(startup())
        server = await door.accept()
        await server.expect(startup())
        client.reset()
        await server.ended()


@pytest.mark.parametrize("said", [b"", b"\0\0\0", SSL, startup()[:-1]], ids=["nothing", "3 bytes", "SSL", "almost all"])
async def test_a_login_that_never_ends_is_ended(entrance: Entrance, said: bytes) -> None:
    async with listening() as door:
        await entrance.open(door.port, login_seconds=0.05)
        client = await entrance.connect()
        await client.send(said)
        await client.expect(b"N" if said == SSL else b"")
        assert await last_words(client) == "57014"


async def test_one_deadline_holds_for_the_whole_login(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port, login_seconds=0.3)
        client = await entrance.connect()
        await client.send(startup())
        server = await door.accept()
        await server.expect(startup())
        await server.send(CLEARTEXT)
        await client.expect(CLEARTEXT)
        assert await last_words(client) == "57014"
        await server.ended()


async def test_one_connection_too_many_reads_what_the_server_would_say(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port, max_connections=1)
        first, server = await logged_in(entrance, door)
        second = await entrance.connect()
        await second.send(SSL)
        await second.expect(b"N")
        await second.send(startup())
        assert await last_words(second) == "53300"
        await first.send(Query(b"x"))
        await server.expect(Query(b"x"))


async def test_a_place_is_free_again_when_its_session_has_ended(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port, max_connections=1)
        first, server = await logged_in(entrance, door)
        first.close()
        await server.ended()
        await entrance.listener.idle()
        await logged_in(entrance, door)
        assert (entrance.gate.admission.connections, len(entrance.gate.cancels)) == (1, 1)


async def test_who_never_logs_in_does_not_keep_others_out(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port, max_unauthenticated=3)
        idlers = [await entrance.connect() for _ in range(3)]
        for idler in idlers:
            await idler.send(SSL)
            await idler.expect(b"N")
        await logged_in(entrance, door)
        assert await last_words(idlers[0]) == "53300"


async def test_three_hundred_that_never_log_in_leave_the_rest_alone(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port, max_unauthenticated=50)
        client, server = await logged_in(entrance, door)
        idlers = [await entrance.connect() for _ in range(300)]
        await logged_in(entrance, door)
        await client.send(Query(b"x"))
        await server.expect(Query(b"x"))
        assert entrance.gate.admission.unauthenticated <= 50
        for idler in idlers:
            idler.close()


async def test_our_key_cancels_with_the_servers(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        await logged_in(entrance, door)
        canceller = await entrance.connect()
        await canceller.send(CancelRequest(PID, our_key(4)))
        messenger = await door.accept()
        await messenger.expect(CancelRequest(PID, KEY))
        messenger.close()
        await canceller.ended()


async def test_a_cancel_arrives_even_if_the_client_closes_at_once(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        await logged_in(entrance, door)
        canceller = await entrance.connect()
        await canceller.send(CancelRequest(PID, our_key(4)))
        canceller.close()
        await (await door.accept()).expect(CancelRequest(PID, KEY))


@pytest.mark.parametrize(
    ("pid", "key"),
    [
        pytest.param(PID, KEY, id="the server's key"),
        pytest.param(PID, our_key(5), id="a longer key"),
        pytest.param(PID + 1, our_key(4), id="another backend"),
    ],
)
async def test_a_key_that_is_not_known_is_ignored_without_a_word(entrance: Entrance, pid: int, key: bytes) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        await logged_in(entrance, door)
        canceller = await entrance.connect()
        await canceller.send(CancelRequest(pid, key))
        await canceller.ended()
        await logged_in(entrance, door)
        assert len(door.accepted) == 2


async def test_a_session_may_keep_a_cancel_from_its_backend(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        await logged_in(entrance, door)
        entrance.gate.cancels.watch(await entrance.sessions.get(), lambda: False)
        canceller = await entrance.connect()
        await canceller.send(CancelRequest(PID, our_key(4)))
        await canceller.ended()
        assert len(door.accepted) == 1


async def test_a_cancel_is_possible_when_all_places_are_taken(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port, max_connections=1)
        await logged_in(entrance, door)
        canceller = await entrance.connect()
        await canceller.send(CancelRequest(PID, our_key(4)))
        await (await door.accept()).expect(CancelRequest(PID, KEY))


async def test_a_cancel_that_the_server_does_not_answer_ends(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port, cancel_seconds=0.05)
        await logged_in(entrance, door)
        canceller = await entrance.connect()
        await canceller.send(CancelRequest(PID, our_key(4)))
        await canceller.ended()


async def test_who_is_logging_in_when_the_proxy_stops_reads_why(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(SSL)
        await client.expect(b"N")
        await entrance.listener.stop()
        await entrance.listener.abort()
        assert await last_words(client) == "57P01"


async def test_who_is_logged_in_stays_when_logins_are_turned_away(entrance: Entrance) -> None:
    async with listening() as door:
        await entrance.open(door.port)
        client, server = await logged_in(entrance, door)
        late = await entrance.connect()
        await late.send(SSL)
        await late.expect(b"N")
        await entrance.listener.stop()
        entrance.gate.turn_away()
        assert await last_words(late) == "57P01"
        await client.send(Query(b"x"))
        await server.expect(Query(b"x"))
        client.close()
        await entrance.listener.idle()


async def test_a_client_that_floods_before_its_turn_is_not_read(entrance: Entrance) -> None:
    flood = b"x" * 8_000_000  # more than the kernel takes
    async with listening() as door:
        await entrance.open(door.port)
        client = await entrance.connect()
        await client.send(startup())
        server = await door.accept()
        await server.expect(startup())
        sending = asyncio.ensure_future(client.send(flood))
        await server.send(OK)
        await client.expect(OK)
        assert not sending.done()
        sending.cancel()
