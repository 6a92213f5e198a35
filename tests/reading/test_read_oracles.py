"""The reading against PostgreSQL's own parser and against real servers."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.embedded.postgres import EmbeddedPostgres
from proxy.reading.query import query
from proxy.reading.read import read
from proxy.reading.words import Cursor, commands, encode
from tests.reading.cases import ALL, CASES
from tests.reference import reading as reference

QUERIES = [case["sql"] for case in CASES["queries"] if '"c""d"' not in case["sql"]]
TABLES = st.sampled_from(["a", "b", "s.c", '"D"', "x", "only a", "(select * from a) q", "f(1)"])
CONDITIONS = st.sampled_from(
    ["true", "a.x = 1", "exists (select 1 from b)", "x in (select y from s.c for share)", "$1"]
)
FROM = st.lists(TABLES, min_size=1, max_size=3).map(", ".join)
SELECTS = st.builds("select 1 from {} where {}".format, FROM, CONDITIONS)
WRITES = st.sampled_from([
    "insert into a values (1)", "insert into a select * from x", "update s.c set y = 1", "delete from b",
    "insert into x values (1) on conflict (a) do update set b = 1", "select * from a for update", "table b",
    "values (1)", "merge into a using x on true when matched then delete",
    "update a set y = (select 1 from b) from x where x.y",
])  # fmt: skip
BODIES = st.one_of(SELECTS, WRITES)
WITHS = st.builds("with {} {} as ({}), {} as ({}) {}".format, st.sampled_from(["", "recursive"]), st.just("x"), BODIES,
                  st.sampled_from(["b", "update"]), BODIES, BODIES)  # fmt: skip


@given(text=st.one_of(st.sampled_from(QUERIES), SELECTS, WITHS))
def test_effects_and_relations_are_those_of_the_servers_parser(text: str) -> None:
    tree = reference.parsed(text)
    found = read(text)
    assert (
        tree is None
        or not found.parsed
        or (set(found.effects), set(found.relations))
        == (
            reference.effects(tree),
            reference.relations(tree),
        )
    )


@given(text=WITHS)
def test_effects_do_not_depend_on_sqlglot(text: str) -> None:
    data = encode(text)
    tree = reference.parsed(text)
    found = query(Cursor(data, (commands(data) or [[]])[0]))
    assert tree is None or found.effects - {"unparsed"} == reference.effects(tree)


HOLDERS = st.sampled_from([
    "explain {}", "explain analyze verbose {}", "explain (analyze off, format json) {}", "explain ({})",
    "prepare p as {}", "prepare p (int, numeric(3, 2)) as {}", "declare c scroll cursor with hold for {}",
    "create table t as {}", "create temp table t (a, b) on commit drop as {} with no data", "copy ({}) to stdout",
    "create materialized view m as {} with data", "create view v as {}",
    "create view v as {} with cascaded check option",
    "copy ({}) to '/x' with (format csv)",
])  # fmt: skip
TAILS = st.sampled_from(["", " -- with data", " limit 1", " as data", " group by a with no data", ";"])


@given(holder=HOLDERS, query=st.one_of(SELECTS, WITHS), tail=TAILS)
def test_an_inner_statement_is_the_query_that_the_servers_parser_finds(holder: str, query: str, tail: str) -> None:
    text = holder.format(query) + tail
    tree = reference.parsed(text)
    held = read(text).inner
    assert tree is None or held is None or reference.bare(reference.parsed(held)) == reference.inner(tree)


def test_every_case_that_is_understood_is_one_command_to_the_servers_parser() -> None:
    known = [case["sql"] for case in ALL if "unparsed" not in case["read"].get("flags", ())]
    odd = [sql for sql in known if read(sql).kind not in ("several", "empty") and reference.parsed(sql) is None]
    assert odd == []


def sqlstate(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> bytes | None:
    """What a transaction block answers to sql; it is rolled back. Names of the cases mostly mean nothing there."""
    with connection.transaction(force_rollback=True):
        connection.execute("create table a (b int)")
        return connection.pgconn.exec_(sql.encode()).error_field(psycopg.pq.DiagnosticField.SQLSTATE)


def test_what_a_server_refuses_in_a_transaction_block_is_known(any_server: EmbeddedPostgres) -> None:
    sqls = [case["sql"] for case in CASES["definitions"] + CASES["others"] if case["read"]["kind"] != "several"]
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        refused = [sql for sql in sqls if sqlstate(connection, sql) == b"25001"]
    assert len(refused) > 15
    assert [sql for sql in refused if not read(sql).alone] == []


PROBED = [
    *(
        "select 1",
        "select * from pg_class for share",
        "values (1), (2)",
        "table pg_class",
        "with x as (select 1) table x",
    ),
    *("insert into t values (1) returning a", "update t set a = 1", "delete from t where a = 1", "(select 1)"),
    "with d as (delete from t returning *) select * from d",
]


@pytest.mark.parametrize("sql", PROBED)
def test_what_is_probed_shows_its_tree_on_every_version(any_server: EmbeddedPostgres, sql: str) -> None:
    shown: list[str] = []
    with psycopg.connect(any_server.dsn()) as connection:
        connection.execute("create temp table t (a int)")
        connection.execute("set debug_print_rewritten = on; set client_min_messages = log")
        connection.add_notice_handler(lambda notice: shown.append(notice.message_primary or ""))
        connection.pgconn.prepare(b"", sql.encode())
    assert read(sql).probe
    assert "rewritten parse tree:" in shown
