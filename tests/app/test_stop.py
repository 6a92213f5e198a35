"""SIGTERM drains, a second one ends at once; whatever way a session ends, nothing of it is left."""

import asyncio
import signal
from contextlib import closing

import asyncpg
import pytest

from proxy.audit.search import records
from tests.app.proxies import Site, serving, until
from tests.drivers.frontend import query, startup
from tests.peers.peer import dial

SLEEPING = "select count(*) = 1 from pg_stat_activity where wait_event = 'PgSleep' and query like $1"
NOBODY_RUNS = (
    "select count(*) = 0 from pg_stat_activity where query like $1 and state = 'active' and pid <> pg_backend_pid()"
)
OVER = "terminating connection due to administrator command"


async def test_sigterm_lets_a_running_statement_finish_and_ends_idle_sessions(site: Site) -> None:
    async with serving(site) as proxy:
        busy, idle, direct = await proxy.connect(), await proxy.connect(), await site.database.connect()
        ended = asyncio.Event()
        idle.add_termination_listener(lambda _: ended.set())
        await direct.execute("select pg_advisory_lock(1)")
        running = asyncio.ensure_future(busy.fetchval("select pg_advisory_lock(1), 'finished'", column=1))
        await until(direct, "select count(*) = 1 from pg_stat_activity where wait_event = 'advisory'")
        proxy.signal(signal.SIGTERM)
        await proxy.heard("draining")
        await ended.wait()
        await direct.execute("select pg_advisory_unlock(1)")
        assert await running == "finished"
        assert await proxy.ended() == 0
    assert len(proxy.events("stopped")) == 1
    assert not proxy.events("drain_timed_out")


async def test_an_idle_session_hears_why_it_ends(site: Site) -> None:
    async with serving(site) as proxy:
        with closing(await dial("127.0.0.1", proxy.port)) as client:
            await client.send(startup({"user": "postgres", "database": site.database.name}))
            await client.until(b"Z")
            proxy.signal(signal.SIGTERM)
            said = await client.rest()
        assert b"SFATAL\0" in said
        assert b"C57P01\0" in said
        assert OVER.encode() in said
        assert await proxy.ended() == 0


async def test_a_login_under_way_is_told_that_we_stop(site: Site) -> None:
    async with serving(site) as proxy:
        with closing(await dial("127.0.0.1", proxy.port)) as client:
            await client.send(startup({"user": "postgres"})[:10])
            proxy.signal(signal.SIGTERM)
            assert b"C57P01\0" in await client.rest()
        assert await proxy.ended() == 0


async def test_nobody_gets_in_while_it_drains(site: Site) -> None:
    async with serving(site) as proxy:
        busy, direct = await proxy.connect(), await site.database.connect()
        transaction = busy.transaction()
        await transaction.start()
        proxy.signal(signal.SIGTERM)
        await proxy.heard("draining")
        with pytest.raises(ConnectionRefusedError):
            await dial("127.0.0.1", proxy.port)
        assert (await proxy.get("/readyz"))[0] == 503
        assert await busy.fetchval("select 1") == 1
        await transaction.commit()
        assert await proxy.ended() == 0
        await until(direct, "select count(*) = 1 from pg_stat_activity where datname = current_database()")


async def test_a_drain_that_takes_too_long_ends(site: Site) -> None:
    site.write(limits={"drain_seconds": 0.2})
    async with serving(site) as proxy:
        client, direct = await proxy.connect(), await site.database.connect()
        running = asyncio.ensure_future(client.fetch("select pg_sleep(600), 'too long'"))
        await until(direct, SLEEPING, "%too long%")
        proxy.signal(signal.SIGTERM)
        with pytest.raises(asyncpg.PostgresError, match=OVER):
            await running
        assert await proxy.ended() == 0
        assert proxy.events("drain_timed_out")
        await until(direct, NOBODY_RUNS, "%too long%")


@pytest.mark.parametrize("way", ["execute", "fetch"])  # simple and extended protocol
async def test_a_second_sigterm_ends_at_once_and_the_record_is_there(site: Site, way: str) -> None:
    async with serving(site) as proxy:
        client, direct = await proxy.connect(), await site.database.connect()
        running = asyncio.ensure_future(getattr(client, way)("select pg_sleep(600), 'cut'"))
        await until(direct, SLEEPING, "%cut%")
        proxy.signal(signal.SIGTERM)
        await proxy.heard("draining")
        proxy.signal(signal.SIGTERM)
        with pytest.raises(asyncpg.PostgresError, match=OVER):
            await running
        assert await proxy.ended() == 0
        assert proxy.events("ended_at_once")
        await until(direct, NOBODY_RUNS, "%cut%")
    [record] = [one for one in records(site.audit) if "pg_sleep" in (one.sql or "")]
    assert record.outcome == "cancelled"


async def test_a_client_that_resets_ends_its_query(site: Site) -> None:
    async with serving(site) as proxy:
        direct = await site.database.connect()
        client = await dial("127.0.0.1", proxy.port)
        await client.send(startup({"user": "postgres", "database": site.database.name}))
        await client.until(b"Z")
        await client.send(query("select pg_sleep(600), 'abandoned'"))
        await until(direct, SLEEPING, "%abandoned%")
        client.reset()
        await until(direct, NOBODY_RUNS, "%abandoned%")


async def test_two_hundred_sessions_leave_nothing_behind(site: Site) -> None:
    async with serving(site) as proxy:
        warm = await proxy.connect()
        await warm.close()
        direct = await site.database.connect()
        nobody = "select count(*) = 0 from pg_stat_activity where datname = current_database() and usename = $1"
        await until(direct, nobody, site.analyst)
        before = proxy.descriptors()
        for _ in range(4):
            clients = await asyncio.gather(*(proxy.connect(site.analyst) for _ in range(50)))
            found = await asyncio.gather(*(each.fetchval("select email from people limit 1") for each in clients))
            assert set(found) == {"hidden@example.com"}
            for each in clients[:25]:
                each.terminate()
            await asyncio.gather(*(each.close() for each in clients[25:]))
        await until(direct, nobody, site.analyst)
        _, metrics = await proxy.get("/metrics")
        assert "pgwarden_sessions_open 0.0" in metrics
        assert proxy.descriptors() <= before + 1
