"""Cursors and prepared statements by whichever way they were made: the decision of their making covers their rows."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.proxies import Proxy, make_site, serving
from tests.drivers.frontend import (
    SYNC,
    bind,
    close_portal,
    close_statement,
    describe_portal,
    execute,
    message,
    parse,
    query,
    whole,
)
from tests.peers.peer import Peer
from tests.server.readers import direct, login, rows_in, said, shown
from tests.servers import Database

SELECT = "select id, email from people order by id limit 3"
HIDDEN = [(str(n).encode(), b"hidden@example.com") for n in (1, 2, 3)]
BINARY_HIDDEN = [(bytes((0, 0, 0, n)), b"hidden@example.com") for n in (1, 2, 3)]


@pytest.fixture
async def proxy(tmp_path: Path, database: Database) -> AsyncIterator[Proxy]:
    """In front of a table with something to hide."""
    async with serving(make_site(tmp_path, database)) as running:
        yield running


async def begun(peer: Peer, *statements: str) -> None:
    """In a transaction, behind these."""
    for statement in ("begin", *statements):
        await shown(peer, statement)


async def test_a_cursor_of_sql_is_executed_by_the_protocol_row_by_row(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        for options in ("cursor", "binary cursor", "scroll cursor with hold"):
            await begun(peer, f"declare c {options} for {SELECT}")
            first = rows_in(await said(peer, describe_portal("c"), execute("c", 1), execute("c", 1), SYNC))
            rest = rows_in(await said(peer, execute("c"), SYNC))
            assert first + rest == HIDDEN
            await shown(peer, "commit")
        assert await shown(peer, "fetch first from c") == HIDDEN[:1]  # WITH HOLD


async def test_a_binary_cursor_is_masked_in_binary(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await begun(peer, f"declare c binary scroll cursor for {SELECT}")
        assert await shown(peer, "fetch all from c") == BINARY_HIDDEN
        assert rows_in(await said(peer, whole("fetch first from c", results=(1,)), SYNC)) == BINARY_HIDDEN[:1]


async def test_a_cursor_that_is_not_there_is_the_servers_error_and_the_session_lives(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await begun(peer, f"declare c cursor for {SELECT}", "close c")
        frames = await said(peer, execute("c"), SYNC)
        assert [b"C34000" in frame.payload for frame in frames if frame.type == b"E"] == [True]
        await shown(peer, "rollback")
        assert await shown(peer, SELECT) == HIDDEN


async def test_a_name_that_was_a_cursor_and_is_a_portal_has_the_portals_masks(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await begun(peer, "declare c cursor for select 1, 2")
        frames = await said(
            peer, close_portal("c"), parse(SELECT, "s"), bind(portal="c", statement="s"), execute("c"), SYNC
        )
        assert rows_in(frames) == HIDDEN


async def test_a_statement_prepared_by_sql_is_bound_by_the_protocol(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await shown(peer, f"prepare x as {SELECT}")
        assert rows_in(await said(peer, bind(statement="x"), execute(), SYNC)) == HIDDEN


async def test_a_bind_of_a_taken_name_leaves_the_portal_behind_a_rollback_in_one_pipeline(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await begun(peer)
        await said(peer, parse(SELECT, "s"), bind(portal="p", statement="s"), SYNC)
        await shown(peer, "savepoint a")
        again = bind(portal="p", statement="s") + SYNC
        frames = await said(peer, again + query("rollback to a") + execute("p") + SYNC, ready=3)
        assert [b"C42P03" in frame.payload for frame in frames if frame.type == b"E"] == [True]
        assert rows_in(frames) == HIDDEN


BYTES = [
    b"select '\xff\xfe\x81'",
    b"select '\x8e'",
    b"select 1 as \x8f\xa1",
    b"select \x82\xa0 from people",
    b"select '\x81\x5c'",
]
ENCODINGS = [
    "EUC_JP", "EUC_CN", "EUC_KR", "EUC_TW", "EUC_JIS_2004", "SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB",
    "SHIFT_JIS_2004", "LATIN1", "WIN1252", "UTF8", "KOI8R", "SQL_ASCII", "WIN1257", "ISO_8859_5", "WIN874",
]  # fmt: skip


async def test_bytes_that_are_nothing_in_the_encoding_end_no_session(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer, closing(await direct(proxy)) as server:
        for encoding in ENCODINGS:
            for each in (peer, server):
                await shown(each, f"set client_encoding = '{encoding}'")
            for text in BYTES:
                for ask in (query(text), message(b"P", b"\0", text, b"\0\0\0") + SYNC):
                    answers = [await said(each, ask) for each in (peer, server)]
                    shapes = [[frame.type for frame in answer if frame.type in (b"D", b"E")] for answer in answers]
                    assert shapes[0] in (shapes[1], [b"E"])
            assert await shown(peer, SELECT) == HIDDEN


async def test_a_query_in_the_middle_of_a_batch_ends_no_session(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await said(peer, close_statement("s"), query("reset client_encoding"), SYNC, SYNC, ready=3)
        assert await shown(peer, SELECT) == HIDDEN


async def test_a_statement_that_the_protocol_parsed_is_executed_by_sql_behind_its_masks(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await said(peer, parse(SELECT, "x"), parse("select id, email from people where id = $1", "y", (23,)), SYNC)
        assert await shown(peer, "execute x") == HIDDEN
        assert await shown(peer, "execute y(2)") == HIDDEN[1:2]
        assert rows_in(await said(peer, whole("execute x", results=(1,)), SYNC)) == BINARY_HIDDEN


async def test_what_no_tree_shows_is_not_executed_by_sql(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await begun(peer)
        await said(peer, parse("copy people to stdout", "x"), parse(SELECT, "s"), bind(portal="p", statement="s"), SYNC)
        for sql in ("execute x", "fetch all from p"):
            await shown(peer, "savepoint a")
            frames = await said(peer, query(sql))
            assert [b"C42501" in frame.payload for frame in frames if frame.type == b"E"] == [True]
            await shown(peer, "rollback to a")
        frames = await said(peer, query("execute nobody"))
        assert [b"C26000" in frame.payload for frame in frames if frame.type == b"E"] == [True]


async def test_a_portal_does_not_outlive_the_encoding_that_its_masks_are_for(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        await begun(peer)
        await said(peer, parse(SELECT, "s"), bind(portal="p", statement="s"), execute("p", 1), SYNC)
        await shown(peer, "set search_path = public")
        assert rows_in(await said(peer, execute("p", 1), SYNC)) == HIDDEN[1:2]
        await shown(peer, "set client_encoding = 'LATIN1'")
        await peer.send(execute("p", 1), SYNC)
        assert (await peer.until(b"E"))[-1].payload.startswith(b"SFATAL")
