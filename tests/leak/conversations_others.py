"""More attacks that need the protocol itself: parameters, pipelines, COPY, function calls, and DDL past pgwarden."""

from typing import Final

from tests.drivers import frontend as fe
from tests.leak.canary import fill
from tests.leak.conversations import NAMES, SYNC, UPPER, Talk, Turn, again, batch, bound, query, run, under

EMAIL: Final = "select email from people"
ROWS: Final = "select label from clean"
BINARY: Final = (1,)
LO_GET: Final = 3458
"""The OID of lo_get(oid)."""
PG_READ: Final = 1640
"""The OID of pg_get_viewdef(text)."""


def direct(sql: str) -> Turn:
    """What the superuser does past pgwarden."""
    return Turn(sql.encode(), 0, None)


def parsed(sql: str, *items: bytes | None, types: tuple[int, ...] = (), results: tuple[int, ...] = ()) -> bytes:
    """Parse with parameters, Bind, Describe, Execute."""
    return fe.parse(sql, types=types) + fe.bind(*items, results=results) + fe.describe_portal() + fe.execute()


PIPELINES: Final = under(6, {
    "two of three in one batch": [batch(run(ROWS), run(EMAIL), run(ROWS))],
    "three batches without waiting": [Turn((run(ROWS) + SYNC) + (run(EMAIL) + SYNC) + (run(ROWS) + SYNC), 3)],
    "simple and extended without waiting": [Turn(fe.query(ROWS) + run(EMAIL) + SYNC + fe.query(UPPER), 3)],
    "ten queries without waiting": [Turn(fe.query(ROWS) * 9 + fe.query(UPPER), 10)],
    "a query that is split in two": [Turn(fe.query(EMAIL)[:9], 0), Turn(fe.query(EMAIL)[9:], 1)],
    "a batch with Flush": [batch(fe.parse(EMAIL), fe.FLUSH, fe.bind(), fe.FLUSH, fe.execute(), fe.FLUSH)],
    "a batch that fails, and the next": [Turn(run("select 1 / 0") + run(EMAIL) + SYNC + run(EMAIL) + SYNC, 2)],
    "a view made and used without waiting": [
        Turn(fe.query("create temp view v as select email as n from people") + fe.query("select n from v"), 2)],
    "a transaction in one batch": [batch(run("begin"), run(EMAIL), run("commit"))],
    "a table made, filled and read in one batch": [
        batch(run("begin"), run("create temp table t (e text)"), run(f"insert into t {EMAIL}"), run("table t"))],
    "a statement parsed while another runs": [
        Turn(fe.query("select 1") + fe.parse(EMAIL, "x") + SYNC + again("x") + SYNC, 3)],
})  # fmt: skip

VALUES: Final = under(5, {
    "a parameter chooses": [batch(parsed("select email from people where id = $1", b"1"))],
    "a parameter of a given type": [batch(parsed("select email from people where id = $1", b"1", types=(23,)))],
    "a parameter in binary": [batch(fe.parse("select email from people where id = $1", types=(23,)),
                                    fe.bind(fe.int4(1), formats=BINARY), fe.execute())],
    "a result in binary": [batch(parsed("select pin, born, salary from people", results=BINARY))],
    "a result in both formats": [batch(parsed("select pin, email from people", results=(1, 0)))],
    "SQL text as a parameter": [batch(parsed("select f_dynamic($1)", b"select email from s.people limit 1"))],
    "SQL text of the server as a parameter": [
        batch(parsed("select * from ts_stat($1)", b"select to_tsvector('simple', email) from s.people"))],
    "a name as a parameter": [batch(parsed("select pg_get_viewdef($1::regclass)", b"s.v_const"))],
    "a setting's name as a parameter": [
        batch(parsed("select set_config($1, email, false) from people", b"my.p")), query("show my.p")],
    "a path as a parameter": [batch(parsed("select meta #>> $1::text[] from people", b"{k,deep}"))],
    "a key as a parameter": [batch(parsed("select meta -> $1 ->> $2 from people", b"k", b"deep"))],
    "a key of a protected path as a parameter": [batch(parsed("select paper -> $1::text from papers", b"patient"))],
    "a jsonpath as a parameter": [
        batch(parsed("select jsonb_path_query(paper, $1::jsonpath) from papers", b"$.patient"))],
    "a row as a parameter": [batch(parsed("select (coalesce($1::people, p)).email from people p", None))],
    "a portal row by row": [query("begin"), batch(fe.parse(EMAIL, "e"), fe.bind(portal="p", statement="e"),
                                                  fe.execute("p", 1)), batch(fe.execute("p", 1))],
    "a portal described late": [query("begin"), batch(fe.parse(EMAIL), fe.bind(portal="p")),
                                batch(fe.describe_portal("p"), fe.execute("p"))],
    "a portal moved by SQL": [query("begin"), batch(bound("p", EMAIL)), query("move 1 in p"), batch(fe.execute("p"))],
    "a portal that holds": [query("declare h cursor with hold for select upper(email) from people"), query("fetch 1 h"),
                            query("begin"), batch(fe.execute("h"))],
    "two portals of one statement": [
        query("begin"), batch(fe.parse(EMAIL, "e"), fe.bind(portal="p", statement="e")),
        batch(fe.bind(portal="q", statement="e"), fe.execute("p", 1), fe.execute("q", 1))],
    "the same statement in text, then in binary": [
        batch(fe.parse("select pin from people", "b"), again("b")),
        batch(fe.bind(statement="b", results=BINARY), fe.execute())],
    "a cursor of the function's own": [query("begin"), batch(run("select g_cursor('own')")), query("fetch all own")],
    "a cursor of the function's own as a portal": [
        query("begin"), query("select g_cursor('own')"), batch(fe.execute("own"))],
})  # fmt: skip

CALLS: Final = under(12, {
    "FunctionCall of lo_get": [Turn(fe.function_call(LO_GET, (4242).to_bytes(4, "big")), 1)],
    "FunctionCall in text": [Turn(fe.function_call(LO_GET, b"4242", formats=(0,), result=0), 1)],
    "FunctionCall of a definition": [Turn(fe.function_call(PG_READ, b"s.v_const", formats=(0,), result=0), 1)],
    "COPY IN, then the rows": [
        query("create temp table t (e text)"), Turn(fe.query("copy t from stdin"), 1), query(f"insert into t {EMAIL}"),
        query("table t")],
    "LISTEN, and another notifies in a batch": [
        query("listen chan"), batch(run("select pg_notify('chan', email) from people"), client=1), query("select 1"),
        query("select 2")],
    "a setting reported in a batch": [
        batch(run("select set_config('application_name', (select email from people where id = 1), false)"))],
})  # fmt: skip

STATES_TOO: Final = under(4, {
    "DISCARD ALL, the name again": [
        batch(fe.parse(NAMES, "x")), query("discard all"), batch(fe.parse(EMAIL, "x"), again("x"))],
    "DEALLOCATE ALL, the name again": [
        batch(fe.parse(NAMES, "x")), query("deallocate all"), query(f"prepare x as {UPPER}"), batch(again("x"))],
    "a PREPARE that is rolled back stays": [
        query("begin"), query(f"prepare x as {UPPER}"), query("rollback"), query("execute x")],
    "a DEALLOCATE that is rolled back stays": [
        query(f"prepare x as {NAMES}"), query("begin"), query("deallocate x"), query(f"prepare x as {UPPER}"),
        query("rollback"), query("execute x")],
    "a temporary table that its commit drops": [
        query("create view s.seen_ROLE66 as select email as label from people"), query("begin"),
        query("create temp table seen_ROLE66 on commit drop as select 'x'::text as label"),
        query("select label from seen_ROLE66"), query("commit"), query("select label from seen_ROLE66")],
    "the same, parsed before": [
        query("create view s.seen_ROLE66 as select upper(email) as label from people"), query("begin"),
        query("create temp table seen_ROLE66 on commit drop as select 'x'::text as label"),
        batch(fe.parse("select label from seen_ROLE66", "x"), again("x")), query("commit"), batch(again("x"))],
    "a SET that is rolled back": [
        query("create temp view clean as select upper(email) as label from people"), query("begin"),
        query("set search_path = s, pg_temp"), query(ROWS), query("rollback"), query(ROWS)],
    "a SET that fails": [
        query("create temp view clean as select email as label from people"), query("set search_path = s, pg_temp"),
        query(ROWS), query("set search_path = pg_temp, s; select 1 / 0"), query("reset search_path"), query(ROWS)],
    "RESET ALL": [
        query("create temp view clean as select email as label from people"), query("set search_path = s, pg_temp"),
        batch(fe.parse(ROWS, "x"), again("x")), query("reset all"), batch(again("x"))],
    "DISCARD TEMP uncovers": [
        query("create view s.seen_ROLE66 as select email as label from people"),
        query("create temp view seen_ROLE66 as select label from clean"), query("select label from seen_ROLE66"),
        query("discard temp"), query("select label from seen_ROLE66")],
    "a view dropped uncovers": [
        query("create view s.seen_ROLE66 as select email as label from people"),
        query("create temp view seen_ROLE66 as select label from clean"),
        batch(fe.parse("select label from seen_ROLE66", "x"), again("x")), query("drop view pg_temp.seen_ROLE66"),
        batch(again("x"))],
    "a savepoint takes a view back in a batch": [
        query(f"create view s.seen_ROLE66 as {NAMES.replace('name', 'upper(email) as n')}"), query("begin"),
        batch(run("savepoint a"), run("create or replace view s.seen_ROLE66 as select name as n from people"),
              run("select n from s.seen_ROLE66"), run("rollback to a"), run("select n from s.seen_ROLE66"))],
    "a batch that fails takes its view back": [
        query("create view s.seen_ROLE66 as select upper(email) as n from people"),
        batch(run("create or replace view s.seen_ROLE66 as select name as n from people"),
              run("select n from s.seen_ROLE66"), run("select 1 / 0")),
        query("select n from s.seen_ROLE66")],
})  # fmt: skip

# What replaces a relation past pgwarden is noticed within the configured bound; what is new to it, at once.
BEHIND: Final = under(21, {
    "a view made past pgwarden": [
        query("select 1"), direct("create view s.seen_ROLE66 as select upper(email) as n from s.people"),
        direct("grant select on s.seen_ROLE66 to readers"), query("select n from s.seen_ROLE66")],
    "a table made past pgwarden from a protected one": [
        query("select 1"), direct("create table s.kept_ROLE66 (extra int) inherits (s.docs)"),
        direct("insert into s.kept_ROLE66 select * from s.docs"), direct("grant select on s.kept_ROLE66 to readers"),
        query("select secret from s.kept_ROLE66")],
    "a partition made past pgwarden": [
        query("select 1"), direct("create table s.kept_ROLE66 partition of s.ledger_new for values in ('xx')"),
        direct(fill("insert into s.ledger values (7, '2024-01-01', 'xx', 'u', '{{ledger3}}', 1)")),
        direct("grant select on s.kept_ROLE66 to readers"), query("select secret from s.kept_ROLE66")],
    "a generated column added past pgwarden": [
        query(ROWS), direct("create table s.kept_ROLE66 (id int, secret text) inherits (s.docs)"),
        direct(fill("insert into s.kept_ROLE66 values (1, '{{doca}}')")),
        direct("alter table s.kept_ROLE66 add more text generated always as (upper(secret)) stored"),
        direct("grant select on s.kept_ROLE66 to readers"), query("select more from s.kept_ROLE66")],
    "a materialized view made past pgwarden": [
        query("select 1"), direct("create table s.kept_ROLE66 (x int)"),
        direct("create materialized view s.kept_m as select upper(email) as n from s.people, "
               "(select 1 from s.kept_ROLE66 having true) x"),
        direct("grant select on s.kept_m to readers"), query("select n from s.kept_m"),
        direct("drop materialized view s.kept_m")],
    "a function made past pgwarden": [
        query("select 1"), direct("create function s.late_made() returns text language sql stable as "
                                  "'select email from s.people where id = 1'"),
        query("select s.late_made()"), direct("drop function s.late_made()")],
})  # fmt: skip

OTHERS: Final[dict[str, Talk]] = {**PIPELINES, **VALUES, **CALLS, **STATES_TOO, **BEHIND}
