"""Cancel requests: whose they are, what they may hit, and what a late one must not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from tests.app.proxies import Proxy, Site, serving, until
from tests.drivers.frontend import query, startup, startup_code
from tests.peers.peer import Peer, dial

CANCELLED = b"C57014\0"
SLEEPS = "select wait_event = 'PgSleep' from pg_stat_activity where pid = $1"


async def logged_in(proxy: Proxy, user: str = "postgres") -> tuple[Peer, int, bytes]:
    """A client, its PID and its key."""
    client = await dial("127.0.0.1", proxy.port)
    await client.send(startup({"user": user, "database": proxy.site.database.name}))
    [data] = [frame.payload for frame in await client.until(b"Z") if frame.type == b"K"]
    return client, int.from_bytes(data[:4], "big"), data[4:]


async def cancel(proxy: Proxy, pid: int, key: bytes) -> None:
    """Sends a request, and returns when pgwarden has closed."""
    with closing(await dial("127.0.0.1", proxy.port)) as peer:
        await peer.send(startup_code(80_877_102, pid.to_bytes(4, "big") + key))
        await peer.ended()


async def answered(client: Peer) -> bytes:
    """Everything up to ReadyForQuery."""
    return b"".join(frame.encode() for frame in await client.until(b"Z"))


async def test_the_right_key_cancels_and_the_session_lives(site: Site) -> None:
    async with serving(site) as proxy:
        client, pid, key = await logged_in(proxy)
        with closing(client):
            await client.send(query("select pg_sleep(600)"))
            await until(await site.database.connect(), SLEEPS, pid)
            await cancel(proxy, pid, key)
            assert CANCELLED in await answered(client)
            await client.send(query("select 'alive'"))
            assert b"alive" in await answered(client)


async def test_a_wrong_key_and_another_sessions_key_do_nothing(site: Site) -> None:
    async with serving(site) as proxy:
        client, pid, key = await logged_in(proxy)
        other, _, others_key = await logged_in(proxy)
        direct = await site.database.connect()
        with closing(client), closing(other):
            await client.send(query("select pg_sleep(600)"))
            await until(direct, SLEEPS, pid)
            await cancel(proxy, pid, bytes(len(key)))
            await cancel(proxy, pid, others_key)
            await cancel(proxy, pid + 1, key)
            assert await direct.fetchval(SLEEPS, pid)
            await cancel(proxy, pid, key)
            assert CANCELLED in await answered(client)


async def test_a_session_that_runs_nothing_is_not_cancelled_later(site: Site) -> None:
    async with serving(site) as proxy:
        client, pid, key = await logged_in(proxy)
        with closing(client):
            await cancel(proxy, pid, key)
            await client.send(query("select 'untouched'"))
            assert b"untouched" in await answered(client)


@asynccontextmanager
async def slow_for_cancels(site: Site) -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
    """The way to the server, on which cancel requests wait: set when one has come, and what lets it go."""
    come, go = asyncio.Event(), asyncio.Event()
    real, folder = site.database.server.socket_path, site.folder / "run"
    folder.mkdir()
    site.write(upstream={"socket": str(folder), "port": site.database.server.port})

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(8)
        if head[4:] == (80_877_102).to_bytes(4, "big"):
            come.set()
            await go.wait()
        onward_reader, onward_writer = await asyncio.open_unix_connection(str(real))
        onward_writer.write(head)
        await asyncio.gather(carry(reader, onward_writer), carry(onward_reader, writer))

    async with await asyncio.start_unix_server(between, str(folder / real.name)):
        yield come, go


async def test_a_late_cancel_does_not_hit_the_next_statement(site: Site) -> None:
    direct = await site.database.connect()
    async with slow_for_cancels(site) as (come, go), serving(site) as proxy:
        client, pid, key = await logged_in(proxy)
        with closing(client):
            await direct.execute("select pg_advisory_lock(1)")
            await client.send(query("select pg_advisory_lock(1), 'first'"))
            await until(direct, "select wait_event = 'advisory' from pg_stat_activity where pid = $1", pid)
            cancelling = asyncio.ensure_future(cancel(proxy, pid, key))
            await come.wait()
            await direct.execute("select pg_advisory_unlock(1)")
            assert b"first" in await answered(client)
            await client.send(query("select pg_sleep(0.5), 'second'"))
            await direct.execute("select pg_sleep(0.3)")  # time enough for it to start, if anything let it
            assert await direct.fetchval("select state = 'idle' from pg_stat_activity where pid = $1", pid)
            go.set()
            assert b"second" in await answered(client)
            await cancelling
            await client.send(query("select 'third'"))
            assert b"third" in await answered(client)


async def test_what_is_sent_behind_a_cancel_waits_for_it(site: Site) -> None:
    direct = await site.database.connect()
    async with slow_for_cancels(site) as (come, go), serving(site) as proxy:
        client, pid, key = await logged_in(proxy)
        with closing(client):
            await client.send(query("select pg_sleep(600), 'first'"))
            await until(direct, SLEEPS, pid)
            cancelling = asyncio.ensure_future(cancel(proxy, pid, key))
            await come.wait()
            await client.send(query("select pg_sleep(0.2), 'second'"))  # pipelined behind what is cancelled
            go.set()
            assert CANCELLED in await answered(client)
            assert b"second" in await answered(client)
            await cancelling


async def test_a_cancel_while_we_decide_is_answered_by_us(site: Site) -> None:
    async with serving(site) as proxy:
        client, pid, key = await logged_in(proxy, site.analyst)
        direct = await site.database.connect()
        with closing(client):
            async with direct.transaction():
                await direct.execute("lock table people")  # the probe's Parse waits for it
                await client.send(query("select email from people"))
                await until(direct, "select wait_event_type = 'Lock' from pg_stat_activity where pid = $1", pid)
                await cancel(proxy, pid, key)
            assert CANCELLED in await answered(client)
            await client.send(query("select 'alive'"))
            assert b"alive" in await answered(client)


async def test_asyncpg_cancels_what_takes_too_long_and_goes_on(site: Site) -> None:
    async with serving(site) as proxy:
        client = await proxy.connect()
        with pytest.raises(TimeoutError):
            await client.fetch("select pg_sleep(600)", timeout=0.3)
        assert await client.fetchval("select 'alive'") == "alive"
        await client.close()
