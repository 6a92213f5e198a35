"""The reference of a session against real servers: what they say is what it expects, message by message."""

from collections.abc import AsyncIterator, Iterator

import pytest

from proxy.embedded.postgres import EmbeddedPostgres
from proxy.wire.constants import Format, Target
from proxy.wire.messages.bare import Flush, Sync, Terminate
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.copy import CopyData, CopyDone, CopyFail
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.function_call import FunctionCall
from proxy.wire.messages.named import Close, Describe
from proxy.wire.messages.parse import Parse
from proxy.wire.messages.query import Query
from tests.peers.greetings import startup
from tests.peers.peer import Encodable, Peer, dial
from tests.reference.session import Session
from tests.reference.session_words import frame_of
from tests.servers import Database, create_database, drop_database

SETUP = (
    "create table numbers (n int check (n > 0))",
    "create table parents (id int primary key)",
    "create table children (id int references parents deferrable initially deferred)",
    "create table guarded (n int)",
    "create function stop() returns trigger language plpgsql as 'begin raise exception ''stop''; end'",
    "create trigger stop before insert on guarded for each statement execute function stop()",
)


def run(sql: bytes, max_rows: int = 0) -> tuple[Encodable, ...]:
    """Parse, Bind, Execute."""
    return Parse(b"", sql), Bind(b"", b""), Execute(b"", max_rows)


COPY = b"copy numbers from stdin"
# Turns: what the client sends, and all that the server says before the next one, each with the number of the client's
# message that it answers.
TALKS: dict[str, list[tuple[tuple[Encodable, ...], str]]] = {
    "simple Queries, pipelined": [
        (
            (Query(b"select 1; insert into numbers values (1); select 1/0; select 2"), Query(b""), Query(b"select 3")),
            "T:0 D:0 C:0 C:0 E:0 Z:0 I:1 Z:1 T:2 D:2 C:2 Z:2",
        )
    ],
    "a batch that fails, and one that does not": [
        (
            (
                *run(b"select 1 / (n - n) from generate_series(1, 1) n"),
                *run(b"select 1"),
                Sync(),
                *run(b"select 2"),
                Sync(),
            ),
            "1:0 2:1 E:2 Z:6 1:7 2:8 D:9 C:9 Z:10",
        )
    ],
    "Flush, Describe, Close and a portal in parts": [
        (
            (Parse(b"s", b"select generate_series(1, 3)"), Describe(Target.STATEMENT, b"s"), Flush()),
            "1:0 t:1 T:1",
        ),
        (
            (Bind(b"p", b"s"), Describe(Target.PORTAL, b"p"), Execute(b"p", 2), Execute(b"p", 2), Flush()),
            "2:3 T:4 D:5 D:5 s:5 D:6 C:6",
        ),
        ((Close(Target.PORTAL, b"p"), Close(Target.STATEMENT, b"no such"), Sync()), "3:8 3:9 Z:10"),
    ],
    "everything is skipped until Sync, a Query too": [
        ((Parse(b"", b"select"), Bind(b"", b"no such"), Flush()), "1:0 E:1"),
        ((Query(b"select 1"), FunctionCall(1), *run(b"select 1"), Sync(), Query(b"")), "Z:8 I:9 Z:9"),
    ],
    "a Query in the middle of a batch": [
        (
            (*run(b"insert into numbers values (2)"), Query(b"select 1"), Sync()),
            "1:0 2:1 C:2 T:3 D:3 C:3 Z:3 Z:4",
        )
    ],
    "a deferred constraint fails at Sync": [
        ((*run(b"insert into children values (1)"), Sync(), Query(b"")), "1:0 2:1 C:2 E:3 Z:3 I:4 Z:4")
    ],
    "a FunctionCall and one that fails": [
        (
            (FunctionCall(1242, (Format.TEXT,), (b"true",), Format.TEXT), FunctionCall(0), Query(b"")),
            "V:0 Z:0 E:1 Z:1 I:2 Z:2",
        )
    ],
    "COPY out": [((Query(b"copy (values (1), (2)) to stdout"),), "H:0 d:0 d:0 c:0 C:0 Z:0")],
    "COPY in, sent before it had begun": [
        ((Query(COPY), CopyData(b"1\n"), CopyDone(), Query(b"")), "G:0 C:0 Z:0 I:3 Z:3")
    ],
    "COPY in that fails, with more of it to come": [
        ((Query(COPY),), "G:0"),
        ((CopyData(b"x\n"), CopyData(b"1\n"), CopyDone(), Query(b"")), "E:0 Z:0 I:4 Z:4"),
    ],
    "CopyFail": [((Query(COPY), CopyData(b"1\n"), CopyFail(b"no"), Query(b"")), "G:0 E:0 Z:0 I:3 Z:3")],
    "COPY in by a batch, with a Sync that is ignored": [
        ((*run(COPY), Sync()), "1:0 2:1 G:2"),
        ((CopyData(b"1\n"), Sync(), Flush(), CopyDone(), Sync()), "C:2 Z:8"),
    ],
    "COPY in by a batch that fails at a row: the Sync was ignored": [
        ((*run(COPY), Sync()), "1:0 2:1 G:2"),
        ((CopyData(b"x\n"), CopyDone(), Sync()), "E:2 Z:3/6"),
        ((Query(b"select 1"),), "T:7 D:7 C:7 Z:7"),
    ],
    "COPY in by a batch that fails before its first row: the Sync is answered": [
        ((*run(b"copy guarded from stdin"), Sync(), Query(b"")), "1:0 2:1 G:2 E:2 Z:3 I:4 Z:4")
    ],
    "Terminate behind a Query": [((Query(b"select 1"), Terminate()), "T:0 D:0 C:0 Z:0")],
}


@pytest.fixture(scope="module")
def prepared(any_server: EmbeddedPostgres) -> Iterator[Database]:
    """A database with what the conversations talk about."""
    database = create_database(any_server)
    database.run(*SETUP)
    yield database
    drop_database(database)


@pytest.fixture
async def peer(prepared: Database) -> AsyncIterator[Peer]:
    """A client of a real server, logged in."""
    client = await dial("127.0.0.1", prepared.server.port)
    await client.send(startup((b"user", b"postgres"), (b"database", prepared.name.encode())))
    await client.until(b"Z")
    yield client
    client.close()


@pytest.mark.parametrize("turns", TALKS.values(), ids=TALKS)
async def test_a_real_server_answers_as_expected(peer: Peer, turns: list[tuple[tuple[Encodable, ...], str]]) -> None:
    session = Session()
    for sent, answers in turns:
        await peer.send(*sent)
        for message in sent:
            session.client(frame_of(message))
        for answer in answers.split():
            frame = await peer.frame()
            numbers = session.server(frame)
            assert f"{frame.type.decode()}:{'/'.join(map(str, sorted(numbers)))}" == answer
