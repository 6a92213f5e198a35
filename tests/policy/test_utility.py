"""Commands without a query, effects, and that the lists agree with the reading and with a real server."""

import pytest

from proxy.model import Action, Command, Copy, CopyEnd, CopyWay, Footprint, Oid, Reading
from proxy.policy.data_catalogs import DATA_CATALOGS, DATA_COLUMNS, DATA_RELATIONS, holds_data
from proxy.policy.decide import decide
from proxy.policy.effects import BY_COMMAND, EFFECTS, FROM_COPY, LATER_EFFECTS, effects_of
from proxy.policy.function_effects import FUNCTION_EFFECTS
from proxy.policy.utility import CONTROL, DEFERRED, SESSION, SETTABLE
from proxy.reading.read import read
from tests.policy.scene import ANALYST, CLASSIFICATION, CLEARED, text
from tests.servers import Database


@pytest.mark.parametrize(
    ("sql", "action"),
    [
        ("begin", "allow"),
        ("start transaction read only", "allow"),
        ("set transaction isolation level serializable", "allow"),
        ("commit", "allow"),
        ("end and chain", "allow"),
        ("rollback", "allow"),
        ("abort", "allow"),
        ("savepoint s", "allow"),
        ("rollback to s", "allow"),
        ("release s", "allow"),
        ("set constraints all immediate", "allow"),
        ("", "allow"),
        (";;", "allow"),
        ("set search_path = shop", "allow"),
        ("set time zone 'UTC'", "allow"),
        ("set names 'utf8'", "allow"),
        ("set session statement_timeout to 0", "allow"),
        ("set local work_mem = '1GB'", "allow"),
        ("reset all", "allow"),
        ("reset search_path", "allow"),
        ("show server_version", "allow"),
        ("show transaction isolation level", "allow"),
        ("discard all", "allow"),
        ("deallocate all", "allow"),
        ("close all", "allow"),
        ("unlisten *", "allow"),
        ("listen ch", "allow"),
        ("show all", "allow"),
        ("show app.secret", "allow"),
        ("set app.secret = 'x'", "allow"),
        ("set client_min_messages to warning", "allow"),
        ("set debug_print_rewritten = on", "refuse"),
        ("set role admin", "allow"),
        ("set session authorization admin", "allow"),
        ("set session_replication_role = replica", "refuse"),
        ("set local_preload_libraries = x", "refuse"),
        ("notify ch, 'x'", "allow"),
        ("do $$ begin end $$", "refuse"),
        ("call p()", "refuse"),
        ("create function f() returns int language sql as 'select 1'", "refuse"),
        ("create table t (a int)", "refuse"),
        ("create temp table t (a int primary key, b varchar(10) not null) on commit drop", "allow"),
        ("create temporary table if not exists t (a int unique)", "allow"),
        ("create temp table t (a int default f())", "refuse"),
        ("create temp table t (a int check (a > 0))", "refuse"),
        ("create temp table t (like s.people including all)", "refuse"),
        ("create temp table t () inherits (s.people)", "refuse"),
        ("create temp table t as select 1", "refuse"),
        ("create unlogged table t (a int)", "refuse"),
        ("analyze t", "allow"),
        ("lock table t in share mode", "allow"),
        ("reindex table t", "refuse"),
        ("drop policy p on t", "refuse"),
        ("drop trigger g on t", "refuse"),
        ("comment on table t is 'x'", "refuse"),
        ("alter table t add a int", "refuse"),
        ("drop table t", "allow"),
        ("truncate t", "refuse"),
        ("grant select on t to x", "refuse"),
        ("copy t to stdout", "refuse"),
        ("copy t from stdin", "refuse"),
        ("fetch all from c", "refuse"),
        ("execute p", "refuse"),
        ("explain checkpoint", "refuse"),
        ("vacuum", "allow"),
        ("load 'x'", "refuse"),
        ("select 1; select 2", "refuse"),
        ("select 1", "refuse"),
        ("gibberish", "refuse"),
    ],
)
def test_a_command_without_a_tree(sql: str, action: str) -> None:
    reading = read(sql)
    assert decide(reading, None, ANALYST, CLASSIFICATION, None).action is Action(action)
    assert decide(reading, None, CLEARED, CLASSIFICATION, None).action is Action.ALLOW


def test_a_commit_may_tell_of_rows_and_a_begin_may_not() -> None:
    assert decide(read("commit"), None, ANALYST, CLASSIFICATION, None).tainted
    assert not decide(read("begin"), None, ANALYST, CLASSIFICATION, None).tainted
    assert not decide(read("commit"), None, CLEARED, CLASSIFICATION, None).tainted


@pytest.mark.parametrize(
    ("sql", "digest"),
    [
        ("begin", False),
        ("set search_path = x", False),
        ("set app.x = 'y'", True),
        ("notify c, 'x'", True),
        ("do 'x'", True),
    ],
)
def test_what_is_written_in_a_command_may_be_a_value(sql: str, digest: bool) -> None:
    assert decide(read(sql), None, CLEARED, CLASSIFICATION, None).digest is digest


@pytest.mark.parametrize(
    ("sql", "effects"),
    [
        ("copy t to stdout", {"copy", "copy_out", "select"}),
        ("copy t from stdin", {"copy", "copy_in", "insert"}),
        ("copy t to program 'x'", {"copy", "copy_out", "copy_program", "select"}),
        ("copy t from '/x'", {"copy", "copy_in", "file", "insert"}),
        ("create role x", {"ddl", "grant", "role"}),
        ("set role x", {"set", "role"}),
        ("create extension x", {"ddl", "extension"}),
        ("create server s foreign data wrapper w", {"ddl", "foreign"}),
        ("create publication p", {"ddl", "replication"}),
        ("execute p", {"prepare"}),
        ("prepare p as select 1", {"prepare", "select"}),
        ("insert into t select 1", {"insert", "select"}),
        ("with d as (delete from t returning *) select * from d", {"select", "delete"}),
        ("select 1 for update", {"select", "lock"}),
        ("begin", {"transaction"}),
        ("gibberish", {"unparsed"}),
    ],
)
def test_the_effects_of_a_text(sql: str, effects: set[str]) -> None:
    assert effects_of(read(sql), None) == effects
    assert effects <= EFFECTS.keys()


@pytest.mark.parametrize("command", list(Command))
def test_every_command_of_the_tree_has_its_effects(command: Command) -> None:
    assert BY_COMMAND[command] <= EFFECTS.keys()
    assert BY_COMMAND[command] <= effects_of(text("select"), Footprint(command))


@pytest.mark.parametrize("way", list(CopyWay))
def test_every_way_of_a_copy_has_its_effect(way: CopyWay) -> None:
    reading = Reading("copy", frozenset({"copy"}), parsed=True, copy=Copy(way, CopyEnd.CLIENT))
    assert effects_of(reading, None) == {"copy", FROM_COPY[way]}


def test_a_copy_that_does_not_say_its_way_goes_both() -> None:
    assert effects_of(Reading("copy", frozenset({"copy"}), parsed=True), None) == {"copy", "copy_in", "copy_out"}


def test_effects_of_functions_are_effects() -> None:
    assert frozenset().union(*FUNCTION_EFFECTS.values()) <= EFFECTS.keys()
    assert not LATER_EFFECTS & EFFECTS.keys()


def test_the_lists_of_commands_do_not_overlap() -> None:
    assert len(CONTROL | DEFERRED | SESSION) == len(CONTROL) + len(DEFERRED) + len(SESSION)


@pytest.mark.parametrize(
    ("schema", "relation", "column", "protected"),
    [
        ("pg_catalog", "pg_stats", "most_common_vals", True),
        ("pg_catalog", "pg_stats", "tablename", True),
        ("pg_catalog", "pg_stat_activity", "query", True),
        ("pg_catalog", "pg_stat_activity", "pid", False),
        ("pg_catalog", "pg_authid", "rolpassword", True),
        ("pg_catalog", "pg_authid", "rolname", False),
        ("pg_catalog", "pg_roles", "rolpassword", False),
        ("pg_catalog", "pg_class", "relname", False),
        ("public", "pg_stat_statements", "query", True),
        ("shop", "pg_stats", "x", False),
        ("information_schema", "user_mapping_options", "option_value", True),
        ("information_schema", "columns", "column_name", False),
    ],
)
def test_catalogs_that_hold_data(schema: str, relation: str, column: str, protected: bool) -> None:
    assert holds_data(schema, relation, column) is protected


async def test_the_lists_agree_with_the_server(database: Database) -> None:
    connection = await database.connect()
    rows = await connection.fetch("select relname, attname from pg_attribute join pg_class c on c.oid = attrelid "
                                  "where relnamespace = 'pg_catalog'::regnamespace")  # fmt: skip
    columns = {(row["relname"], row["attname"]) for row in rows}
    assert DATA_CATALOGS - {relation for relation, _ in columns} == {"pg_stat_statements"}
    named = {(relation, column) for relation, names in DATA_COLUMNS.items() for column in names or ()}
    assert named <= columns
    oids = await connection.fetch("select oid, relname from pg_class where oid = any($1)", list(DATA_RELATIONS))
    assert {Oid(row["oid"]): row["relname"] for row in oids} == DATA_RELATIONS
    settings = {row["name"].lower() for row in await connection.fetch("select name from pg_settings")}
    assert settings >= SETTABLE


async def test_the_functions_with_effects_are_those_of_the_server(database: Database) -> None:
    connection = await database.connect()
    rows = await connection.fetch("select oid, proname from pg_proc where oid = any($1)", list(FUNCTION_EFFECTS))
    assert {Oid(row["oid"]) for row in rows} == FUNCTION_EFFECTS.keys()
    patterns = {
        "set": "^set_config$",
        "notify": "^pg_notify$",
        "large_object": "^(lo_|loread|lowrite|lowrite)",
        "file": "^(lo_import|lo_export|pg_read_(binary_)?file|pg_ls_|pg_stat_file|pg_current_logfile)",
        "lock": "^pg_(try_)?advisory_",
        "replication": "^pg_(replication_|logical_|create_.*_slot|copy_.*_slot|drop_.*_slot|sync_)",
    }
    for effect, pattern in patterns.items():
        found = await connection.fetch("select oid from pg_proc where oid < 16384 and proname ~ $1", pattern)
        assert {Oid(row["oid"]) for row in found} == {oid for oid, of in FUNCTION_EFFECTS.items() if effect in of}
