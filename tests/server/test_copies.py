"""COPY TO STDOUT of a reader with masked columns: the server takes the stream back, and it holds what SELECT shows."""

from collections.abc import AsyncIterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from tests.app.proxies import CANARY, Proxy, make_site, serving
from tests.drivers.frontend import COPY_DONE, SYNC, copy_data, query, whole
from tests.peers.peer import Peer
from tests.server.readers import direct, login, shown
from tests.servers import Database

TABLE = """create table kinds (
 id int primary key, note text, email text, dropped int, "Email" text, salary numeric(10, 2), photo bytea, born date,
 tags text[], doc jsonb, upper text generated always as (upper(email)) stored, uid uuid, code varchar(8),
 seen timestamptz, small smallint, real float8, ip inet)"""
PROTECTED = "email Email salary photo born tags upper uid code seen small real ip"
FILL = f"""insert into kinds (id, note, email, "Email", salary, photo, born, tags, uid, code, seen, small, real, ip)
 select n, n || E'\\t\\n\\\\"quoted", and\\r so',
 case n % 3 when 0 then null when 1 then '{CANARY}' else E'{CANARY},"\\t\\\\' end, '{CANARY}', n * 1000.5,
 decode(md5('{CANARY}'), 'hex'), date '1970-01-01' + n, array['{CANARY}', null, 'a"b'], gen_random_uuid(), 'code' || n,
 now(), n, n * 1.5, ('10.0.0.' || n)::inet from generate_series(1, 20) n"""
COLUMNS = 'id, note, email, "Email", salary, photo, born, tags, doc, uid, code, seen, small, real, ip'
HEADER_IN_TEXT_SINCE = 150_000
OPTIONS = [
    "with (header)",
    "",
    "with (delimiter '|')",
    "csv",
    "with (format csv, header true)",
    "with (format csv, delimiter ';', quote '''', null 'NULL')",
    "with (format csv, force_quote *)",
    r"with (format csv, escape '\', encoding 'utf8')",
    "with (format binary)",
]


@pytest.fixture
async def proxy(tmp_path: Path, database: Database) -> AsyncIterator[Proxy]:
    """With a table of many kinds."""
    site = make_site(tmp_path, database)
    database.run(TABLE, "alter table kinds drop column dropped", FILL, f"grant select on kinds to {site.analyst}")
    database.run(
        'create table "Twins" (id int, email text)', f"""insert into "Twins" values (1, '{CANARY}')""",
        "create table twins (id int, label text)", "insert into twins values (1, 'open')",
        f'grant select on "Twins", twins to {site.analyst}',
    )  # fmt: skip
    classify = "".join(f"  - {{column: public.kinds.{each}, level: confidential}}\n" for each in PROTECTED.split())
    classify += "  - {column: public.twins.email, level: confidential}\n"
    site.write_rules(site.rules().replace("unclassified:", classify + "unclassified:"))
    async with serving(site) as running:
        yield running


async def copied(peer: Peer, said: bytes) -> list[bytes]:
    """The pieces of the stream."""
    await peer.send(said)
    frames = await peer.until(b"Z")
    assert [frame for frame in frames if frame.type == b"E"] == []
    return [frame.payload for frame in frames if frame.type == b"d"]


async def test_the_server_reads_the_stream_back_as_what_select_shows(proxy: Proxy) -> None:
    wrong: list[str] = []
    with closing(await login(proxy)) as peer, closing(await direct(proxy)) as server:
        seen = await shown(peer, f"select {COLUMNS} from kinds order by id")
        await shown(server, f"create temp table back as select {COLUMNS} from kinds limit 0")
        known = OPTIONS if await version_of(server) >= HEADER_IN_TEXT_SINCE else OPTIONS[1:]
        for options, what in product(known, ("kinds", f"kinds ({COLUMNS})", f"(select {COLUMNS} from kinds)")):
            sql = f"copy {what} to stdout {options}"
            for said in (query(sql), whole(sql) + SYNC):
                pieces = await copied(peer, said)
                await shown(server, "truncate back")
                await take_back(server, f"copy back from stdin {options.replace(', force_quote *', '')}", pieces)
                if CANARY.encode() in b"".join(pieces) or await shown(server, "select * from back order by id") != seen:
                    wrong.append(sql)
    assert wrong == []


async def version_of(server: Peer) -> int:
    """server_version_num."""
    ((number,),) = await shown(server, "show server_version_num")
    return int(number or b"0")


async def take_back(server: Peer, sql: str, pieces: list[bytes]) -> None:
    """Hands a stream to the server, without pgwarden between."""
    await server.send(query(sql))
    await server.until(b"G")
    await server.send(*(copy_data(piece) for piece in pieces), COPY_DONE)
    assert [frame for frame in await server.until(b"Z") if frame.type == b"E"] == []


REFUSED = [
    "copy kinds to stdout (null '')",
    "copy kinds to stdout (format csv, encoding 'sjis')",
    "copy kinds to stdout (delimiter $$|$$)",
    "copy (select upper(email) from kinds where email = 'x') to stdout (format csv, null $$$$)",
]


async def test_a_stream_whose_options_are_not_certain_is_refused_and_the_session_lives(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        for sql, end in product(REFUSED, (b"", SYNC)):
            await peer.send(whole(sql) + end if end else query(sql))
            frames = await peer.until(b"Z")
            assert [b'pgwarden rule "copy"' in frame.payload for frame in frames if frame.type == b"E"] == [True]
        assert await shown(peer, "select 1") == [(b"1",)]


async def test_a_quoted_name_is_not_taken_for_another(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        assert await copied(peer, query("copy twins to stdout")) == [b"1\topen\n"]
        for sql in (
            'copy "Twins" to stdout',
            'copy "Twins" (id, email) to stdout',
            'copy kinds ("Email") to stdout csv',
        ):
            assert CANARY.encode() not in b"".join(await copied(peer, query(sql)))
        stream = b"".join(await copied(peer, query('copy public."Twins" to stdout (format csv, header)')))
        assert stream.startswith(b"id,email\n1,")


async def test_what_nothing_hides_streams_whatever_its_options(proxy: Proxy) -> None:
    with closing(await login(proxy)) as peer:
        for options in ("(null '')", "(delimiter $$|$$)", "(format binary)"):
            assert await copied(peer, query(f"copy kinds (id) to stdout {options}"))
