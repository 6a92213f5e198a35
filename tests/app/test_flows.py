"""What moves takes its level along: columns that receive protected values, and columns that get another name."""

import signal

import pytest

from tests.app.proxies import CANARY, Proxy, Site, serving, started

HIDDEN = "hidden@example.com"
MOVES = {
    "INSERT SELECT": ("insert into notes (body) select email from people",),
    "an alias and a cast": ("insert into notes (body) select x::text from (select email as x from people) q",),
    "a view": ("create view v as select email as harmless from people", "insert into notes (body) table v"),
    "UPDATE FROM": ("insert into notes values ('')", "update notes set body = email from people where id = 1"),
    "a subquery": ("insert into notes values ('')", "update notes set body = (select email from people where id = 1)"),
    "a CTE that writes": ("with w as (insert into notes select email from people returning 1) select count(*) from w",),
    "RETURNING of another": (
        "with w as (update people set name = name returning email) insert into notes select email from w",
    ),
    "PREPARE": ("prepare p as insert into notes select email from people", "execute p"),
    "EXPLAIN ANALYZE": ("explain (analyze) insert into notes select email from people",),
    "by way of a temporary table": (
        "create temporary table t as select email from people", "insert into notes select email from t"
    ),
    "by way of a table": ("create table t as select email from people", "insert into notes select email from t"),
    "a string of several": ("select 1; insert into notes select email from people; select 2",),
    "a table of the same transaction": (
        "begin", "create table fresh (body text)", "insert into fresh select email from people", "commit",
        "alter table notes rename to old", "alter table fresh rename to notes", "grant select on notes to public",
    ),
    "by way of a table of the same transaction": (
        "begin", "create table fresh as select email from people", "insert into notes select * from fresh", "commit",
    ),
    "a default partition": (
        "drop table notes", "create table notes (body text) partition by list (body)",
        "create table part partition of notes default", "grant select on notes, part to public",
        "insert into part select email from people",
    ),
}  # fmt: skip


@pytest.fixture
def notes(site: Site) -> Site:
    site.database.run("create table notes (body text)", "grant select on notes to public")
    return site


async def reload(proxy: Proxy, times: int) -> None:
    proxy.signal(signal.SIGHUP)
    await proxy.heard("reloaded", times)


@pytest.mark.parametrize("statements", MOVES.values(), ids=MOVES)
async def test_a_column_takes_the_level_of_what_it_receives(notes: Site, statements: tuple[str, ...]) -> None:
    async with serving(notes) as proxy:
        app, analyst = await proxy.connect(), await proxy.connect(notes.analyst)
        by_protocol = await analyst.prepare("select body from notes")
        await by_protocol.fetch()  # a Sync behind it ends its locks
        for statement in statements:
            await app.execute(statement)
        assert CANARY in [row[0] for row in await app.fetch("select body from notes")]
        seen = {row[0] for row in (*await analyst.fetch("select body from notes"), *await by_protocol.fetch())}
        assert CANARY not in seen
        assert len(seen) > 0
        said = await proxy.heard("classification_raised")
        assert CANARY not in str(said)
        await app.close()
        await analyst.close()


CREATED = {
    "CREATE TABLE AS": "create table made as select id, email as x from people",
    "with names of its own": "create table made (id, x) as select id, email from people",
    "SELECT INTO": "select id, email as x into made from people",
    "a schema": "create table public.made as select id, email as x from people",
    "a materialized view": "create materialized view made as select id, email as x from people",
    "in a transaction": "begin; create table made as select id, email as x from people; commit",
}


@pytest.mark.parametrize("statement", CREATED.values(), ids=CREATED)
async def test_a_new_relation_takes_the_level_of_its_rows(notes: Site, statement: str) -> None:
    async with serving(notes) as proxy:
        app, analyst = await proxy.connect(), await proxy.connect(notes.analyst)
        for each in statement.split("; "):
            await app.execute(each)
        await app.execute("grant select on made to public")
        assert await app.fetchval("select x from made where id = 1") == CANARY
        assert await analyst.fetchval("select x from made where id = 1") != CANARY
        await app.close()
        await analyst.close()


async def test_what_was_raised_is_remembered_by_the_next_process(notes: Site) -> None:
    async with serving(notes) as proxy:
        app = await proxy.connect()
        await app.execute("insert into notes select email from people")
        await app.close()
    async with serving(notes) as proxy:
        analyst = await proxy.connect(notes.analyst)
        assert {row[0] for row in await analyst.fetch("select body from notes")} == {HIDDEN}
        await analyst.close()


async def test_a_new_relation_is_remembered_by_the_next_process(notes: Site) -> None:
    async with serving(notes) as proxy:
        app = await proxy.connect()
        await app.execute("create table made as select email from people")
        await app.execute("grant select on made to public")
        await app.close()
    async with serving(notes) as proxy:
        analyst = await proxy.connect(notes.analyst)
        assert {row[0] for row in await analyst.fetch("select email from made")} == {HIDDEN}
        await analyst.close()


async def test_flows_that_are_only_reported_raise_nothing(notes: Site) -> None:
    notes.write_rules(notes.rules() + "on_flow: report\n")
    async with serving(notes) as proxy:
        app, analyst = await proxy.connect(), await proxy.connect(notes.analyst)
        await app.execute("insert into notes select email from people")
        assert CANARY in [row[0] for row in await analyst.fetch("select body from notes")]
        assert proxy.events("classification_raised") == []
        await app.close()
        await analyst.close()


async def test_an_entry_that_lets_values_in_takes_the_level_away_again(notes: Site) -> None:
    async with serving(notes) as proxy:
        app, analyst = await proxy.connect(), await proxy.connect(notes.analyst)
        await app.execute("insert into notes select email from people")
        assert await analyst.fetchval("select body from notes") == HIDDEN
        entry = "  - {column: public.notes.body, level: public, on_flow: report}\n"
        notes.write_rules(notes.rules().replace("unclassified", entry + "unclassified"))
        await reload(proxy, 1)
        assert await analyst.fetchval("select body from notes") == CANARY
        await app.execute("insert into notes select email from people")
        assert await analyst.fetchval("select body from notes") == CANARY
        await app.close()
        await analyst.close()


RENAMES = {
    "the column": ("alter table people rename column email to harmless", "select harmless from people"),
    "the table": ("alter table people rename to folks", "select email from folks"),
    "the schema": ("create schema other; grant usage on schema other to public; alter table people set schema other",
                   "select email from other.people"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "question"), RENAMES.values(), ids=RENAMES)
async def test_a_column_keeps_its_level_under_another_name(notes: Site, change: str, question: str) -> None:
    async with serving(notes) as proxy:
        app, analyst = await proxy.connect(), await proxy.connect(notes.analyst)
        assert await analyst.fetchval("select email from people where id = 1") == HIDDEN
        await app.execute(change)
        assert await analyst.fetchval(question) == HIDDEN
        await app.close()
        await analyst.close()
    async with serving(notes) as proxy:
        analyst = await proxy.connect(notes.analyst)
        assert await analyst.fetchval(question) == HIDDEN
        await analyst.close()


async def test_an_entry_for_the_new_name_says_otherwise(notes: Site) -> None:
    async with serving(notes) as proxy:
        app, analyst = await proxy.connect(), await proxy.connect(notes.analyst)
        assert await analyst.fetchval("select email from people where id = 1") == HIDDEN
        await app.execute("alter table people rename column email to harmless")
        assert await analyst.fetchval("select harmless from people where id = 1") == HIDDEN
        await proxy.heard("catalog", 2)
        assert await analyst.fetchval("select harmless from people where id = 1") == HIDDEN
        entry = "  - {column: public.people.harmless, level: public}\n"
        notes.write_rules(notes.rules().replace("unclassified", entry + "unclassified"))
        await reload(proxy, 1)
        assert await analyst.fetchval("select harmless from people where id = 1") == CANARY
        await app.close()
        await analyst.close()


async def test_rules_that_no_longer_name_a_column_release_it(notes: Site) -> None:
    async with serving(notes) as proxy:
        analyst = await proxy.connect(notes.analyst)
        assert await analyst.fetchval("select email from people where id = 1") == HIDDEN
        notes.write_rules(notes.rules().replace("public.people.email", "public.people.name"))
        await reload(proxy, 1)
        assert await analyst.fetchval("select email from people where id = 1") == CANARY
        await analyst.close()


async def test_a_damaged_state_file_is_not_passed_over(notes: Site) -> None:
    (notes.folder / "state").mkdir()
    (notes.folder / "state" / "classification.json").write_text('{"version": 1')
    async with started(notes) as proxy:
        assert await proxy.ended() == 1
        assert any("classification.json: is damaged" in line for line in proxy.lines)
