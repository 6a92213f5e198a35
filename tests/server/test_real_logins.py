"""Real drivers log in to real servers through the gate, by every method that is relayed."""

import asyncio
from collections.abc import Iterator
from typing import Final

import asyncpg
import psycopg
import pytest

from proxy.embedded.postgres import EmbeddedPostgres
from tests.server.entrance import Entrance
from tests.servers import KNOWN, TEST_SETTINGS

PASSWORD: Final = "sesame"
METHODS: Final = {"trusty": "trust", "clear": "password", "hashed": "md5", "scrambled": "scram-sha-256"}
HBA: Final = "local all postgres trust\n" + "".join(
    f"host all {role} 127.0.0.1/32 {method}\nlocal all {role} {method}\n" for role, method in METHODS.items()
)


@pytest.fixture(scope="module", params=list(KNOWN))
def guarded(request: pytest.FixtureRequest) -> Iterator[EmbeddedPostgres]:
    """A server that asks each role for its password in another way."""
    with EmbeddedPostgres(KNOWN[request.param](), hba=HBA, settings=TEST_SETTINGS) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            for role, method in METHODS.items():
                connection.execute(
                    f"set password_encryption = '{'md5' if method == 'md5' else 'scram-sha-256'}'".encode()
                )
                connection.execute(f"create role {role} login password '{PASSWORD}'".encode())
        yield server


@pytest.fixture
async def gated(guarded: EmbeddedPostgres, entrance: Entrance) -> Entrance:
    """An entrance in front of it."""
    await entrance.open(guarded.port)
    return entrance


def place(entrance: Entrance, role: str, database: str = "postgres", password: str = PASSWORD) -> str:
    """A URI through the gate."""
    return f"postgresql://{role}:{password}@127.0.0.1:{entrance.port}/{database}"


@pytest.mark.parametrize("role", METHODS)
async def test_asyncpg_logs_in(gated: Entrance, role: str) -> None:
    connection = await asyncpg.connect(place(gated, role))
    assert await connection.fetchval("select current_user || $1", "!") == f"{role}!"
    assert (await gated.sessions.get()).user == role
    await connection.close()


@pytest.mark.parametrize("role", METHODS)
async def test_libpq_logs_in(gated: Entrance, role: str) -> None:
    async with await psycopg.AsyncConnection.connect(place(gated, role)) as connection:
        row = await (await connection.execute("select current_user, pg_backend_pid()")).fetchone()
        assert row == (role, connection.info.backend_pid)
        session = await gated.sessions.get()
        assert session.server_version_num == connection.info.server_version


async def test_a_login_over_the_servers_unix_socket(guarded: EmbeddedPostgres, entrance: Entrance) -> None:
    await entrance.open(guarded.port, str(guarded.folder))
    connection = await asyncpg.connect(place(entrance, "scrambled"))
    assert await connection.fetchval("select inet_server_addr() is null")
    await connection.close()


@pytest.mark.parametrize(
    ("role", "database", "password", "sqlstate"),
    [
        pytest.param("clear", "postgres", "wrong", "28P01", id="wrong cleartext password"),
        pytest.param("hashed", "postgres", "wrong", "28P01", id="wrong md5 password"),
        pytest.param("scrambled", "postgres", "wrong", "28P01", id="wrong SCRAM password"),
        pytest.param("scrambled", "nowhere", PASSWORD, "3D000", id="unknown database"),
        pytest.param("nobody", "postgres", PASSWORD, "28000", id="no line in pg_hba.conf"),
    ],
)
async def test_the_servers_own_refusal_reaches_the_driver(
    gated: Entrance, role: str, database: str, password: str, sqlstate: str
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await asyncpg.connect(place(gated, role, database, password))
    assert refused.value.sqlstate == sqlstate


async def test_startup_options_reach_the_server(gated: Entrance) -> None:
    target = place(gated, "trusty") + "?options=-c%20geqo%3Doff&application_name=tester"
    async with await psycopg.AsyncConnection.connect(target) as connection:
        row = await (
            await connection.execute("select current_setting('geqo'), current_setting('application_name')")
        ).fetchone()
        assert row == ("off", "tester")
        session = await gated.sessions.get()
        assert (session.options, session.startup["application_name"]) == ("-c geqo=off", "tester")


@pytest.mark.skipif(psycopg.pq.version() < 180_000, reason="libpq negotiates from 18 on")
async def test_the_newest_protocol_is_negotiated_and_its_long_key_cancels(gated: Entrance) -> None:
    target = place(gated, "scrambled") + "?max_protocol_version=latest"
    async with await psycopg.AsyncConnection.connect(target, autocommit=True) as connection:
        session = await gated.sessions.get()
        newest = session.server_version_num >= 180_000
        assert (session.minor, len(session.client_key)) == ((2, 32) if newest else (0, 4))
        await cancel_in_flight(connection)


async def test_a_driver_that_demands_channel_binding_fails_by_itself(gated: Entrance) -> None:
    with pytest.raises(psycopg.OperationalError, match="channel binding"):
        await psycopg.AsyncConnection.connect(place(gated, "scrambled") + "?channel_binding=require")


async def test_a_driver_that_demands_tls_fails_by_itself(gated: Entrance) -> None:
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        await psycopg.AsyncConnection.connect(place(gated, "trusty") + "?sslmode=require")


async def test_a_statement_is_cancelled_by_the_key_that_the_client_got(gated: Entrance) -> None:
    async with await psycopg.AsyncConnection.connect(place(gated, "scrambled"), autocommit=True) as connection:
        await cancel_in_flight(connection)


async def cancel_in_flight(connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
    """Runs what would last a minute, cancels it when it says that it runs, and sees it cancelled."""
    running = asyncio.Event()
    connection.add_notice_handler(lambda _: running.set())
    sleeping = asyncio.ensure_future(
        connection.execute("do $$ begin raise notice 'it runs'; perform pg_sleep(60); end $$")
    )
    await running.wait()
    await connection.cancel_safe()
    with pytest.raises(psycopg.errors.QueryCanceled):
        await sleeping
