"""Large results, slow readers, large messages: memory stays bounded and nobody else waits."""

import asyncio
from contextlib import closing

from tests.app.proxies import Site, serving, until
from tests.drivers.frontend import COPY_DONE, SYNC, copy_data, parse, query, startup
from tests.peers.peer import dial

MEBIBYTE = 1024 * 1024
LARGE = "select repeat('x', 65536) from generate_series(1, 1024)"
SLACK = 12 * MEBIBYTE
"""What a process may grow by for reasons of its own: arenas, caches, the answer to a page."""


async def test_a_reader_that_never_reads_costs_little_and_nobody_else_waits(site: Site) -> None:
    async with serving(site) as proxy:
        direct, other = await site.database.connect(), await proxy.connect(site.analyst)
        await other.fetchval("select email from people where id = 2")
        with closing(await dial("127.0.0.1", proxy.port)) as slow:
            await slow.send(startup({"user": "postgres", "database": site.database.name}))
            await slow.until(b"Z")
            before = proxy.memory()
            await slow.send(query(f"/* slow */ {LARGE}"))
            await until(
                direct, "select wait_event = 'ClientWrite' from pg_stat_activity where query like $1", "/* slow */%"
            )
            for _ in range(100):
                assert await other.fetchval("select email from people where id = 2") == "hidden@example.com"
            assert proxy.memory() - before < SLACK
            await slow.until(b"Z")  # and when it does read, everything comes
        await other.close()


async def test_a_masked_result_that_is_not_read_costs_little_too(site: Site) -> None:
    site.database.run("insert into people select n, 'x', repeat('y', 1000) from generate_series(100, 40000) n")
    async with serving(site) as proxy:
        direct = await site.database.connect()
        with closing(await dial("127.0.0.1", proxy.port)) as slow:
            await slow.send(startup({"user": site.analyst, "database": site.database.name}))
            await slow.until(b"Z")
            before = proxy.memory()
            await slow.send(query("select email, repeat('z', 1000) from people"))
            await until(
                direct, "select wait_event = 'ClientWrite' from pg_stat_activity where usename = $1", site.analyst
            )
            assert proxy.memory() - before < SLACK
            rows = [frame for frame in await slow.until(b"Z") if frame.type == b"D"]
            assert len(rows) == 39_921
            assert {row.payload[6:24] for row in rows} == {b"hidden@example.com"}


async def test_large_results_pass(site: Site) -> None:
    async with serving(site) as proxy:
        client = await proxy.connect()
        rows = await client.fetch(LARGE)
        assert sum(len(row[0]) for row in rows) == 64 * MEBIBYTE
        assert len(await client.fetchval("select repeat('x', 50000000)")) == 50_000_000
        await client.close()


async def test_a_writer_is_slowed_down_by_a_server_that_does_not_read(site: Site) -> None:
    site.database.run(
        "create table big (t text)",
        "create function wait() returns trigger language plpgsql as"
        " 'begin perform pg_advisory_xact_lock_shared(1); return new; end'",
        "create trigger wait before insert on big for each row execute function wait()",
    )
    async with serving(site) as proxy:
        direct, other = await site.database.connect(), await proxy.connect()
        with closing(await dial("127.0.0.1", proxy.port)) as writer:
            await writer.send(startup({"user": "postgres", "database": site.database.name}))
            await writer.until(b"Z")
            before = proxy.memory()
            await direct.execute("select pg_advisory_lock(1)")
            await writer.send(query("copy big from stdin"))
            await writer.until(b"G")
            row = copy_data(b"x" * 65_535 + b"\n")
            writing = asyncio.ensure_future(writer.send(row * 512))
            await until(direct, "select count(*) = 1 from pg_stat_activity where wait_event = 'advisory'")
            for _ in range(50):
                await other.execute("select 1")
            assert not writing.done()
            assert proxy.memory() - before < SLACK
            await direct.execute("select pg_advisory_unlock(1)")
            await writing
            await writer.send(COPY_DONE)
            assert b"COPY 512" in b"".join(frame.encode() for frame in await writer.until(b"Z"))
        await other.close()


async def test_a_message_over_the_limit_is_refused_and_the_session_lives(site: Site) -> None:
    site.write(limits={"message": 100_000})
    async with serving(site) as proxy:
        with closing(await dial("127.0.0.1", proxy.port)) as client:
            await client.send(startup({"user": "postgres", "database": site.database.name}))
            await client.until(b"Z")
            large = f"select '{'x' * 200_000}'"
            for refused in (query(large), parse(large) + SYNC):
                await client.send(refused)
                said = b"".join(frame.encode() for frame in await client.until(b"Z"))
                assert b"C54000\0" in said
                assert b"xxxx" not in said
            await client.send(query("select 'alive'"))
            assert b"alive" in b"".join(frame.encode() for frame in await client.until(b"Z"))
