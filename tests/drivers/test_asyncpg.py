"""asyncpg: prepared statements in binary, cursors, COPY, notifications, cancels."""

import asyncio
import datetime
import decimal
import io
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.drivers.cluster import PASSWORD
from tests.drivers.conftest import Endpoint, Name

PATIENCE_S = 20.0


@pytest.fixture
async def connection(endpoint: Endpoint) -> AsyncIterator[Any]:
    made = await asyncpg.connect(endpoint.dsn(), timeout=PATIENCE_S)
    yield made
    await made.close()


TYPED = [
    ("bool", True), ("int2", -7), ("int4", 2**31 - 1), ("int8", -(2**63)), ("float8", 1.5), ("text", "é€\n"),
    ("numeric", decimal.Decimal("12345678901234567890.123456789")), ("bytea", bytes(range(256))),
    ("date", datetime.date(2024, 2, 29)), ("time", datetime.time(1, 2, 3, 4)), ("interval", datetime.timedelta(days=1)),
    ("timestamptz", datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)), ("uuid", uuid.UUID(int=1)),
    ("jsonb", '{"a": 1}'),
    ("int4[]", [1, None, 3]), ("text[]", [["a", "b"], ["c", "d"]]), ("mood", "happy"), ("inet", None),
    ("int4range", asyncpg.Range(1, 5)), ("positive", 5), ("bit", asyncpg.BitString("1")),
    ("point", asyncpg.Point(1, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value"), TYPED, ids=[type_ for type_, _ in TYPED])
async def test_a_value_of_every_type_comes_back(connection: Any, type_: str, value: object) -> None:
    assert await connection.fetchval(f"select $1::{type_}", value) == value


async def test_a_composite_is_looked_up_and_read(connection: Any) -> None:
    assert tuple(await connection.fetchval("select $1::pair", (1, "x"))) == (1, "x")


async def test_a_prepared_statement_knows_its_types_and_runs_often(connection: Any) -> None:
    statement = await connection.prepare("select name from people where id = $1")
    assert [parameter.name for parameter in statement.get_parameters()] == ["int4"]
    assert [attribute.name for attribute in statement.get_attributes()] == ["name"]
    assert [await statement.fetchval(n) for n in (1, 2, 99)] == ["Person 1", "Person 2", None]
    assert "people" in str(await statement.explain(1))


async def test_more_statements_than_the_drivers_cache_holds(connection: Any) -> None:
    assert [await connection.fetchval(f"select {n} + $1::int", 1) for n in range(150)] == list(range(1, 151))


async def test_scripts_take_the_simple_protocol(connection: Any) -> None:
    assert await connection.execute("select 1; insert into notes(body) select 'x' where false; select 2") == "SELECT 1"


async def test_a_cursor_is_read_in_parts(connection: Any) -> None:
    async with connection.transaction():
        cursor = await connection.cursor("select generate_series(1, 25)")
        parts = [[row[0] for row in await cursor.fetch(10)] for _ in range(3)]
        assert parts == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26))]
        assert [row[0] async for row in connection.cursor("select generate_series(1, 7)", prefetch=2)] == list(
            range(1, 8)
        )


async def test_many_rows_of_parameters(connection: Any, fresh: Name) -> None:
    table = fresh("many")
    await connection.execute(f"create temp table {table} (a int, b text)")
    await connection.executemany(f"insert into {table} values ($1, $2)", [(n, f"t{n}") for n in range(1_000)])
    assert await connection.fetchrow(f"select count(*), sum(a) from {table}") == (1_000, 499_500)


async def test_a_failing_row_of_many_leaves_none(connection: Any, fresh: Name) -> None:
    table = fresh("many")
    await connection.execute(f"create temp table {table} (a int primary key)")
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        await connection.executemany(f"insert into {table} values ($1)", [(n % 500,) for n in range(600)])
    assert caught.value.constraint_name == f"{table}_pkey"
    assert await connection.fetchval(f"select count(*) from {table}") == 0


async def test_many_rows_of_parameters_that_return(connection: Any) -> None:
    rows = await connection.fetchmany("select $1::int * 2", [(n,) for n in range(50)])
    assert [row[0] for row in rows] == [n * 2 for n in range(50)]


async def test_records_are_copied_in_and_out(connection: Any, fresh: Name) -> None:
    table, out = fresh("copied"), io.BytesIO()
    await connection.execute(f"create temp table {table} (a int, b text)")
    records = [(n, None if n % 7 == 0 else "x" * (n % 50)) for n in range(5_000)]
    assert await connection.copy_records_to_table(table, records=records) == "COPY 5000"
    await connection.copy_from_query(f"select * from {table} where a < $1", 3, output=out, format="csv")
    assert out.getvalue() == b"0,\n1,x\n2,xx\n"
    out = io.BytesIO()
    await connection.copy_from_table(table, output=out, format="binary")
    out.seek(0)
    assert await connection.copy_to_table(table, source=out, format="binary") == "COPY 5000"


async def test_a_copy_that_fails_leaves_the_session_usable(connection: Any) -> None:
    with pytest.raises(asyncpg.DataError):
        await connection.copy_to_table("orders", source=io.BytesIO(b"x\ty\n"), columns=["id", "amount"])
    assert await connection.fetchval("select 1") == 1


async def test_a_notification_arrives_with_the_notifiers_pid(endpoint: Endpoint, connection: Any, fresh: Name) -> None:
    heard: asyncio.Queue[tuple[int, str, str]] = asyncio.Queue()
    channel = fresh("channel")
    await connection.add_listener(channel, lambda _, *said: heard.put_nowait(said))
    other = await asyncpg.connect(endpoint.dsn())
    await other.execute(f"notify {channel}, 'hello'")
    async with asyncio.timeout(PATIENCE_S):
        assert await heard.get() == (other.get_server_pid(), channel, "hello")
    await other.close()


async def test_the_backends_pid_is_the_real_one(connection: Any) -> None:
    assert connection.get_server_pid() == await connection.fetchval("select pg_backend_pid()")


async def test_transactions_and_savepoints(connection: Any) -> None:
    async with connection.transaction(isolation="repeatable_read"):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with connection.transaction():
                await connection.execute("select 1/0")
        assert await connection.fetchval("show transaction_isolation") == "repeatable read"


async def test_a_timeout_cancels_the_statement_and_keeps_the_session(connection: Any) -> None:
    with pytest.raises(TimeoutError):
        await connection.execute("select pg_sleep(30)", timeout=0.1)
    assert await connection.fetchval("select 1") == 1


async def test_a_cancelled_task_cancels_the_statement(endpoint: Endpoint, connection: Any) -> None:
    task = asyncio.create_task(connection.execute("select pg_sleep(30)"))
    await asyncio.sleep(0)
    other = await asyncpg.connect(endpoint.dsn())
    sleeping = "select count(*) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'"
    async with asyncio.timeout(PATIENCE_S):
        while not await other.fetchval(sleeping, connection.get_server_pid()):
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while await other.fetchval(sleeping, connection.get_server_pid()):
            pass
    await other.close()


async def test_an_error_tells_all_it_knows(connection: Any) -> None:
    with pytest.raises(asyncpg.PostgresError) as caught:
        await connection.fetch("select noisy($1)", "error")
    error = caught.value
    assert (error.sqlstate, error.detail, error.hint, error.column_name) == ("P0123", "d", "h", "c")
    with pytest.raises(asyncpg.UndefinedColumnError) as caught:
        await connection.fetch("select nme from people")
    assert (caught.value.position, caught.value.hint) == (
        "8",
        'Perhaps you meant to reference the column "people.name".',
    )


async def test_notices_reach_their_listener(connection: Any) -> None:
    heard: list[str] = []
    connection.add_log_listener(lambda _, message: heard.append(message.message))
    await connection.fetch("select noisy('notice'), noisy('warning')")
    assert heard == ["said notice", "said warning"]


async def test_large_parameters_and_results(connection: Any) -> None:
    text = "é" * 1_500_000
    assert await connection.fetchval("select $1 || $1", text) == text * 2
    assert len(await connection.fetch("select generate_series(1, 50000)")) == 50_000


async def test_a_pool_resets_what_it_hands_out(endpoint: Endpoint) -> None:
    async with asyncpg.create_pool(endpoint.dsn(), min_size=2, max_size=4) as pool:
        async with pool.acquire() as connection:
            await connection.execute("set work_mem = '9MB'; listen x")
        values = await asyncio.gather(*[pool.fetchval("select $1::int", n) for n in range(40)])
        assert values == list(range(40))
        async with pool.acquire() as connection:
            assert await connection.fetchval("show work_mem") != "9MB"


async def test_settings_at_the_start(endpoint: Endpoint) -> None:
    made = await asyncpg.connect(endpoint.dsn(), server_settings={"application_name": "é", "search_path": "pg_catalog"})
    assert await made.fetchval("show search_path") == "pg_catalog"
    assert made.get_settings().application_name == await made.fetchval("show application_name")
    await made.close()


@pytest.mark.parametrize("user", ["scram_user", "md5_user", "clear_user"])
async def test_a_password_opens(endpoint: Endpoint, user: str) -> None:
    made = await asyncpg.connect(endpoint.dsn(user, PASSWORD))
    assert await made.fetchval("select current_user") == user
    await made.close()


@pytest.mark.parametrize("user", ["scram_user", "md5_user", "clear_user"])
async def test_a_wrong_password_does_not(endpoint: Endpoint, user: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(endpoint.dsn(user, "wrong"))


async def test_a_dropped_connection_ends_its_backend(endpoint: Endpoint, direct: Endpoint) -> None:
    lost = await asyncpg.connect(endpoint.dsn())
    pid = lost.get_server_pid()
    lost.terminate()
    watcher = await asyncpg.connect(direct.dsn())
    async with asyncio.timeout(PATIENCE_S):
        while await watcher.fetchval("select count(*) from pg_stat_activity where pid = $1", pid):
            pass
    await watcher.close()
