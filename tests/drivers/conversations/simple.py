"""The simple query protocol, one Query after the other and pipelined."""

from tests.drivers.frontend import TERMINATE, query
from tests.drivers.recorder import END, HALF_CLOSE, Until, asks, conversation

SIMPLE = (
    asks("one value", "select 1"),
    asks("no columns", "select from people", "select"),
    asks("rows of every type of the shop", "select * from people order by id"),
    asks("NULLs", "select null::int, null, ''"),
    asks("a whole row and a composite", "select people, row(1, 'x')::pair from people where id = 1"),
    asks("several commands in one Query", "select 1; select 2, 3; select 'x' where false; select 4"),
    asks("an error between two commands", "select 1; select 1/0; select 2", "select 3"),
    asks("an empty Query", "", ";", "  ", "-- a comment", "/* another */;;"),
    asks("empty commands between others", ";select 1;;select 2;"),
    asks("a syntax error has its position", "select 1 frm people", "select 'é', frm x y"),
    asks("an unknown column has its hint", "select nme from people"),
    asks("a failed transaction takes nothing but its end", "begin", "select 1/0", "select 1", "rollback", "select 2"),
    asks("commit of a failed transaction is a rollback", "begin; select 1/0", "commit", "select 1"),
    asks("savepoints", "begin; savepoint a", "select 1/0", "rollback to a; select 1", "release a; commit"),
    asks("transaction control without a transaction warns", "commit", "rollback", "begin; begin", "end"),
    asks("an implicit transaction of several commands", "insert into notes(body) values ('x'); select 1/0", "select 1"),
    asks("notices with their details", "select noisy('notice')", "select noisy('warning'); select noisy('notice')"),
    asks("an error with every field", "select noisy('error')", "select 1"),
    asks("messages below the level are not sent", "set client_min_messages = error", "select noisy('warning')"),
    asks("debug messages", "set client_min_messages = debug1; select noisy('notice')"),
    asks("a parameter status for a setting", "set application_name = 'other'", "set datestyle = 'german'; select 1"),
    asks("settings that go back at rollback", "begin; set local timezone = 'Asia/Tokyo'; select 1", "rollback"),
    asks("standard_conforming_strings off", r"set standard_conforming_strings = off", r"select 'a\'b', E'\n', 'c''d'"),
    asks(
        "another client encoding", "set client_encoding = 'latin1'", "select 'é'".encode("latin-1"), "select U&'\\20ac'"
    ),
    asks("text that is not valid in the encoding", b"select '\xff\xfe'", "select 1"),
    asks("reset and discard", "set work_mem = '8MB'; reset all", "discard all", "show work_mem"),
    asks("set role and back", "set role plain; select current_user", "reset role; select current_user"),
    asks("a constraint error names its constraint", "insert into people(id, name) values (1, 'x')"),
    asks("a domain and an enum error", "select 0::positive", "select 'x'::mood"),
    asks(
        "prepare, execute, deallocate",
        "prepare p(int) as select $1 + 1",
        "execute p(2)",
        "deallocate p",
        "execute p(1)",
    ),
    asks(
        "a cursor",
        "begin; declare c cursor for select generate_series(1, 10)",
        "fetch 3 from c",
        "move 2 in c",
        "fetch all from c; close c",
        "commit",
    ),
    asks(
        "a scrolling cursor held past its transaction",
        "begin; declare h scroll cursor with hold for select id from people",
        "commit",
        "fetch last from h",
        "fetch prior from h; close h",
    ),
    asks(
        "a binary cursor",
        "begin; declare b binary cursor for select id, name, balance from people",
        "fetch 2 from b",
        "end",
    ),
    asks("explain", "explain (costs off) select * from people where id = 1"),
    asks("show and values and table", "show server_version_num", "values (1, 'a'), (2, 'b')", "table orders"),
    asks(
        "a temporary table",
        "create temp table tmp(a int) on commit drop",
        "begin; create temp table t2 as select 1 a; select a + 0 from t2; commit",
        "select count(*) from t2",
    ),
    asks("returning", "begin; update people set balance = 0 where id < 3 returning id, balance; rollback"),
    asks(
        "delete and insert count their rows",
        "begin; insert into notes(body) select 'x' from generate_series(1, 7);"
        " delete from notes where id = -1; rollback",
    ),
    asks("merge", "begin; merge into orders o using people p on o.id = p.id when matched then delete; rollback"),
    asks("a procedure that commits", "call counting(41)"),
    asks("do blocks", "do $$ begin raise info 'here'; end $$", "do $$ begin raise exception 'there'; end $$"),
    asks("a long row", "select repeat('x', 1000000)"),
    asks("many rows", "select n, repeat('y', n % 100) from generate_series(1, 20000) n"),
    asks("a long statement", "select length('" + "z" * 300_000 + "')"),
    asks("names that need quotes", 'select 1 as "a b", 2 as "É", 3 as "sel""ect"'),
    asks("a statement timeout", "set statement_timeout = 20; select pg_sleep(10)", "reset statement_timeout; select 1"),
    asks(
        "locks and their warning", "select pg_advisory_lock(7), pg_advisory_unlock(7)", "select pg_advisory_unlock(7)"
    ),
    asks(
        "two-phase commit",
        "begin; insert into notes(id, body) values (-7, 'x'); prepare transaction 'rec'",
        "rollback prepared 'rec'",
    ),
)

PIPELINED = (
    conversation(
        "queries are sent before the answers are read", *[query(f"select {n}") for n in range(5)], Until(count=5)
    ),
    conversation(
        "queries in one write", b"".join(query(f"select {n}; select 1/{n}") for n in range(4)), Until(count=4)
    ),
    conversation(
        "a query and Terminate in one write", query("select n from generate_series(1, 5000) n") + TERMINATE, END
    ),
    conversation("an error and Terminate in one write", query("select 1/0") + TERMINATE, END),
    conversation("Terminate alone", TERMINATE, END),
    conversation("a half-closed client gets its answer", query("select 1; select 2"), HALF_CLOSE, END),
    conversation(
        "a half-closed client gets a long answer", query("select repeat('w', 100000) from people"), HALF_CLOSE, END
    ),
    conversation("a half-closed client in a transaction", query("begin; select 1"), HALF_CLOSE, END),
    conversation("a silent client that half-closes", HALF_CLOSE, END),
)
