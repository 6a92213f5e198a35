"""The audit trail of real traffic: every executed statement once, nothing protected in it, no answer without it."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from proxy.audit.record import Record
from proxy.audit.search import records
from tests.app.proxies import CANARY, Proxy, Site, serving
from tests.drivers.frontend import SYNC, bind, execute, parse, query, startup, whole
from tests.peers.peer import Peer, dial


def recorded(site: Site, user: str) -> list[Record]:
    """Whatever that user's sessions have executed, in order."""
    return [one for one in records(site.audit) if one.user == user]


def brief(found: list[Record]) -> list[tuple[str, str, int | None]]:
    """Kind, outcome, rows."""
    return [(one.statement_kind, one.outcome, one.rows) for one in found]


async def raw(proxy: Proxy, user: str) -> Peer:
    """A client that has logged in."""
    client = await dial("127.0.0.1", proxy.port)
    await client.send(startup({"user": user, "database": proxy.site.database.name}))
    await client.until(b"Z")
    return client


async def reply(client: Peer) -> bytes:
    """Everything up to ReadyForQuery, or to the end."""
    said = b""
    while not said.endswith(b"Z\0\0\0\5I") and (more := await client.read(1)):
        said += more
    return said


async def test_a_mixed_workload_has_one_record_for_each_execution(site: Site) -> None:
    async with serving(site) as proxy:
        await asyncio.to_thread(workload, proxy.dsn(site.analyst))
    assert brief(recorded(site, site.analyst)) == [
        ("select", "ok", 1),  # simple
        ("select", "ok", 20),
        ("select", "error", 0),
        ("begin", "ok", 0),
        ("insert", "ok", 1),
        ("select", "refused", 0),
        ("rollback", "ok", 0),
        ("select", "ok", 1),  # prepared, three times
        ("select", "ok", 1),
        ("select", "ok", 1),
        ("begin", "ok", 0),
        ("declare", "ok", 0),
        ("fetch", "ok", 5),
        ("fetch", "ok", 15),
        ("close", "ok", 0),
        ("commit", "ok", 0),
        ("copy", "ok", 20),
    ]


def workload(dsn: str) -> None:
    """What test_a_mixed_workload_has_one_record_for_each_execution expects the records of."""
    with closing(psycopg.connect(dsn, autocommit=True)) as client:
        client.execute("select 1")
        client.execute("select email from people")
        with suppress(psycopg.errors.DivisionByZero):
            client.execute("select 1 / 0")
        client.execute("begin")
        client.execute("insert into people (id, name) values (%s, %s)", (1000, "new"))
        with suppress(psycopg.errors.InsufficientPrivilege):
            client.execute("select id from people order by email")
        client.execute("rollback")
        for number in (1, 2, 3):
            client.execute("select email from people where id = %s", (number,), prepare=True)
        client.execute("begin")
        client.execute("declare c cursor for select email from people where id <= 20")
        client.execute("fetch 5 from c")
        client.execute("fetch all from c")
        client.execute("close c")
        client.execute("commit")
        with client.cursor().copy("copy (select id, name from people) to stdout") as copy:
            assert len(list(copy.rows())) == 20


async def test_a_pipeline_is_recorded_up_to_its_error(site: Site) -> None:
    async with serving(site) as proxy:
        with closing(await raw(proxy, site.analyst)) as client:
            await client.send(whole("select 1"), whole("select 2"), whole("select 1 / 0"), whole("select 4"), SYNC)
            await client.until(b"Z")
            await client.send(whole("select 5"), SYNC)
            await client.until(b"Z")
    assert [(one.outcome, one.sqlstate) for one in recorded(site, site.analyst)] == [
        ("ok", None), ("ok", None), ("error", "22012"), ("ok", None),
    ]  # fmt: skip


async def test_a_portal_that_is_read_in_parts_has_a_record_for_each(site: Site) -> None:
    async with serving(site) as proxy:
        with closing(await raw(proxy, site.analyst)) as client:
            await client.send(parse("select email from people where id <= 5"), bind())
            await client.send(execute(rows=2), execute(rows=2), execute(rows=2), SYNC)
            await client.until(b"Z")
    assert brief(recorded(site, site.analyst)) == [
        ("select", "suspended", 2), ("select", "suspended", 2), ("select", "ok", 1),
    ]  # fmt: skip


async def test_several_commands_in_one_string_have_a_record_each(site: Site) -> None:
    async with serving(site) as proxy:
        with closing(await raw(proxy, "postgres")) as client:
            await client.send(query("select 1; select 2 union select 3; select 1 / 0; select 4"))
            await client.until(b"Z")
    assert brief(recorded(site, "postgres")) == [("select", "ok", 1), ("select", "ok", 2), ("select", "error", 0)]


def every_byte(site: Site) -> Iterator[bytes]:
    """What is in the journal's files."""
    for path in sorted(site.audit.rglob("*")):
        if path.is_file():
            yield path.read_bytes()


async def test_what_meets_a_classified_column_is_a_digest_and_nothing_protected_is_in_the_journal(site: Site) -> None:
    async with serving(site) as proxy:
        await asyncio.to_thread(canaries, proxy.dsn(), proxy.dsn(site.analyst))
        said = "\n".join(proxy.lines)
        _, metrics = await proxy.get("/metrics")
    found = recorded(site, "postgres") + recorded(site, site.analyst)
    assert len(found) == 7
    by_literal, by_parameter = found[1], found[2]
    [parameter] = by_parameter.parameters
    assert isinstance(parameter, dict)
    assert by_literal.sql == f"select id from people where email = <digest:{parameter['digest']}>"
    assert all(
        "<digest:" in (one.sql or "") for one in found if one.outcome != "refused" and "= $1" not in str(one.sql)
    )
    for form in (CANARY.encode(), CANARY.upper().encode(), CANARY.encode().hex().encode(), b"canary"):
        assert all(form not in content for content in every_byte(site))
        assert form.decode() not in said
        assert form.decode() not in metrics


def canaries(app: str, analyst: str) -> None:
    """Statements that hold the canary, or whose errors do: seven."""
    with closing(psycopg.connect(app, autocommit=True)) as client:
        assert client.execute("select email from people where id = 1").fetchone() == (CANARY,)
        assert client.execute(f"select id from people where email = '{CANARY}'".encode()).fetchone() == (1,)
        assert client.execute("select id from people where email = %s", (CANARY,)).fetchone() == (1,)
        client.execute("update people set email = %s where id = 1", (CANARY,))
        with suppress(psycopg.errors.InvalidTextRepresentation):
            client.execute("select email::int from people where id = 1")  # the error quotes it
    with closing(psycopg.connect(analyst, autocommit=True)) as client:
        with suppress(psycopg.errors.InsufficientPrivilege):
            client.execute(f"insert into people (id, email) values (2000, '{CANARY}')".encode())
        assert client.execute("select email from people where id = 1").fetchone() == ("hidden@example.com",)


async def test_the_metrics_show_what_was_decided(site: Site) -> None:
    async with serving(site) as proxy:
        await asyncio.to_thread(workload, proxy.dsn(site.analyst))
        _, metrics = await proxy.get("/metrics")
    shown = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert shown['pgwarden_statements_total{decision="refuse"}'] == "1.0"
    assert shown['pgwarden_statements_total{decision="mask"}'] == "7.0"
    assert shown["pgwarden_rows_masked_total"] == "43.0"
    assert shown["pgwarden_cells_masked_total"] == "43.0"
    assert shown["pgwarden_sessions_total"] == "1.0"
    assert float(shown["pgwarden_journal_records_total"]) >= 17


async def test_a_full_disk_ends_statements_and_nothing_is_answered_unrecorded(site: Site) -> None:
    prlimit = shutil.which("prlimit")
    assert prlimit is not None
    async with serving(site, prlimit, "--fsize=60000") as proxy:
        answered = 0
        with closing(await raw(proxy, site.analyst)) as client:
            await client.send(query("select 0, email from people where id = 2"))
            while b"hidden@example.com" in await reply(client):
                answered += 1
                await client.send(query(f"select {answered}, email from people where id = 2"))
        with closing(await dial("127.0.0.1", proxy.port)) as late:
            await late.send(startup({"user": site.analyst, "database": site.database.name}))
            assert b"C53100\0" in await late.rest()
        status, body = await proxy.get("/readyz")
        assert status == 503
        assert "journal" in body
    assert 0 < answered <= len([one for one in recorded(site, site.analyst) if one.outcome == "ok"])


@pytest.mark.parametrize("mode", ["durable", "async"])
async def test_what_was_answered_is_on_disk_when_it_has_ended(site: Site, mode: str) -> None:
    site.write(audit={"directory": "audit", "mode": mode})
    async with serving(site) as proxy:
        client = await proxy.connect()
        for number in range(50):
            await client.execute(f"select {number}")
        await client.close()
        proxy.process.terminate()
        assert await proxy.ended() == 0
    assert len(recorded(site, "postgres")) == 50
