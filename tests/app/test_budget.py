"""A budget of guesses: counted for a user and subject over all sessions, whatever way a guess is sent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg
import psycopg
import pytest

from tests.app.proxies import Site, serving
from tests.app.test_flows import reload

Client: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
def counted(site: Site) -> Site:
    write(site, probes=3)
    return site


def write(site: Site, *, probes: int, more: str = "") -> None:
    budget = f"inference: {{mode: equality, budget: {{probes: {probes}, per: hour}}}}{more}"
    site.write_rules(site.rules().replace("inference: equality", budget))


async def guess(way: Callable[[Client, str], Awaitable[None]], client: Client) -> None:
    for number in range(9):
        await way(client, f"{number}@example.com")


async def by_literal(client: Client, value: str) -> None:
    await client.execute(f"select id from people where email = '{value}'")


async def by_parameter(client: Client, value: str) -> None:
    await client.fetch("select id from people where email = $1", value)


async def by_many(client: Client, value: str) -> None:
    await client.executemany("select id from people where email = $1", [(value,)])


async def by_in_list(client: Client, value: str) -> None:
    await client.fetch(f"select id from people where email in ('{value}')")


async def by_sql_prepare(client: Client, value: str) -> None:
    await client.execute("deallocate all")
    await client.execute("prepare p (text) as select id from people where email = $1")
    await client.execute(f"execute p ('{value}')")


async def by_prepared_literal(client: Client, value: str) -> None:
    await client.execute("deallocate all")
    await client.execute(f"prepare p as select id from people where email = '{value}'")
    await client.execute("execute p")


async def by_cursor(client: Client, value: str) -> None:
    async with client.transaction():
        await client.execute(f"declare c cursor for select id from people where email = '{value}'")
        await client.execute("fetch all from c")


async def by_join_with_values(client: Client, value: str) -> None:
    await client.fetch(f"select id from people where email = '{value}' or email = 'x{value}' and false")


async def by_writing(client: Client, value: str) -> None:
    await client.execute(f"insert into people (id, email) values ({30 + int(value[0])}, '{value}')")


WAYS: dict[str, Callable[[Client, str], Awaitable[None]]] = {
    "literal": by_literal, "parameter": by_parameter, "executemany": by_many, "IN": by_in_list,
    "EXECUTE": by_sql_prepare, "PREPARE": by_prepared_literal, "cursor": by_cursor, "several": by_join_with_values,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_however_it_is_sent_a_guess_counts(counted: Site, way: Callable[[Client, str], Awaitable[None]]) -> None:
    async with serving(counted) as proxy:
        client = await proxy.connect(counted.analyst)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match='rule "budget"') as refused:
            await guess(way, client)
        assert "they are new again at" in str(refused.value.hint)
        assert await client.fetchval("select count(*) from people") == 20
        await client.close()


async def test_the_same_guess_is_free_and_all_sessions_share_the_count(counted: Site) -> None:
    async with serving(counted) as proxy:
        first, second = [await proxy.connect(counted.analyst) for _ in range(2)]
        for _ in range(5):
            await by_literal(first, "1@example.com")
        await by_literal(second, "2@example.com")
        await by_literal(first, "3@example.com")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await by_literal(second, "4@example.com")
        await by_literal(second, "3@example.com")
        _, metrics = await proxy.get("/metrics")
        assert 'pgwarden_inference_probes_total{subject="analysts"} 3.0' in metrics
        assert 'pgwarden_refusals_total{rule="budget"} 1.0' in metrics
        await first.close()
        await second.close()


async def test_a_pipeline_is_counted_message_by_message(counted: Site) -> None:
    async with serving(counted) as proxy:

        def all_at_once() -> int:
            done = 0
            with psycopg.connect(proxy.dsn(counted.analyst), autocommit=True) as client:
                try:
                    with client.pipeline() as pipeline:
                        cursors = [
                            client.execute("select id from people where email = %s", (f"{number}@example.com",))
                            for number in range(9)
                        ]
                        pipeline.sync()
                        for cursor in cursors:
                            cursor.fetchall()
                            done += 1
                except psycopg.Error:
                    pass
            return done

        assert await asyncio.to_thread(all_at_once) <= 3


@pytest.mark.parametrize(
    "statement",
    [
        "select p.id from people p join guesses g on p.email = g.guess",
        "select id from people where email = any('{a,b,c,d,e}'::text[])",
        "select id from people where email in (select guess from guesses)",
        "select p.id from people p join unnest('{a,b}'::text[]) g on p.email = g",
        "select p.id from people p, (values ('a'), ('b'), ('c'), ('d')) v(x) where p.email = v.x",
        "select id from people where email = lower('A')",
        "select id from people where email = 'a' || 'b'",
        "select id from people where email = name",
        "select 1; select id from people where email = 'a'",
    ],
)
async def test_what_cannot_be_counted_is_refused(counted: Site, statement: str) -> None:
    counted.database.run("create table guesses (guess text)", "grant select, insert on guesses to public")
    async with serving(counted) as proxy:
        client = await proxy.connect(counted.analyst)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await client.execute(statement)
        await client.close()


async def test_reloaded_rules_know_what_was_counted(counted: Site) -> None:
    async with serving(counted) as proxy:
        client = await proxy.connect(counted.analyst)
        for number in range(3):
            await by_parameter(client, f"{number}@example.com")
        write(counted, probes=4)
        await reload(proxy, 1)
        await by_parameter(client, "3@example.com")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await by_parameter(client, "4@example.com")
        await client.close()


async def test_a_refusal_in_a_transaction_fails_it_and_the_session_lives_on(counted: Site) -> None:
    async with serving(counted) as proxy:
        client = await proxy.connect(counted.analyst)
        transaction = client.transaction()
        await transaction.start()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await guess(by_parameter, client)
        await transaction.rollback()
        await by_parameter(client, "0@example.com")
        await client.close()


async def test_a_writer_that_may_not_read_is_counted_by_what_it_writes(counted: Site) -> None:
    write(counted, probes=3, more="\n    writes: allow")
    async with serving(counted) as proxy:
        client = await proxy.connect(counted.analyst)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="budget"):
            await guess(by_writing, client)
        await client.close()


async def test_without_a_budget_nothing_is_asked_twice(site: Site) -> None:
    async with serving(site) as proxy:
        client = await proxy.connect(site.analyst)
        for number in range(50):
            await by_parameter(client, f"{number}@example.com")
        _, metrics = await proxy.get("/metrics")
        assert "pgwarden_inference_probes_total{" not in metrics
        assert misses(metrics) < 10
        await client.close()


def misses(metrics: str) -> float:
    (line,) = [each for each in metrics.splitlines() if each.startswith("pgwarden_decision_cache_misses_total ")]
    return float(line.split()[1])
