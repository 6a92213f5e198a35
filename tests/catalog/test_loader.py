"""A database's catalog as a snapshot, on every server."""

import asyncpg
import pytest

from proxy.catalog import queries
from proxy.catalog.loader import fingerprint, load
from proxy.catalog.snapshot import FunctionKind, Relation, RelationKind, Snapshot, TypeKind, Volatility
from proxy.errors import CatalogUnreadable
from proxy.model import Attnum
from tests.servers import Database

SCHEMA = """
create schema shop;
set search_path = shop;
create type mood as enum ('new', 'paid', 'sent');
create type address as (street text, city text);
create domain positive as int check (value > 0);
create table people (id int primary key, first text, last text, gone int,
    full_name text generated always as (first || last) stored, age positive check (age < 200), mood mood, home address);
alter table people drop column gone;
create table pets (id serial, owner int references people on delete cascade, name varchar(20) default 'x');
create table events (id int, day date) partition by range (day);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create view names as select id, first from people;
create materialized view kept as select id from names;
create function f(text, int) returns text language sql stable security definer as 'select $1';
create function fire() returns trigger language plpgsql as 'begin return new; end';
create trigger fire before insert on pets for each row execute function fire();
create rule also as on delete to pets do also select 1;
alter table people enable row level security;
create policy own on people using (id = 1);
create index on pets (lower(name));
create operator <<< (leftarg = text, rightarg = int, function = f);
"""


async def loaded(database: Database) -> Snapshot:
    connection = await database.connect()
    await connection.execute(SCHEMA)
    return await load(connection)


def relation(snapshot: Snapshot, name: str) -> Relation:
    found = snapshot.relation_named("shop", name)
    assert found is not None
    return found


async def test_relations_are_told_with_their_columns(any_database: Database) -> None:
    snapshot = await loaded(any_database)
    people = relation(snapshot, "people")
    assert [one.name for one in people.columns.values()] == ["id", "first", "last", "full_name", "age", "mood", "home"]
    assert list(people.columns) == [1, 2, 3, 5, 6, 7, 8]
    generated = people.columns[Attnum(5)]
    assert (generated.generated, (generated.expression or "")[:1]) == ("s", "{")
    assert (people.kind, people.owner, people.full_name) == (RelationKind.TABLE, "postgres", "shop.people")
    pets = relation(snapshot, "pets")
    owner, name = pets.columns[Attnum(2)], pets.columns[Attnum(3)]
    assert (name.typmod, name.has_default, owner.has_default) == (24, True, False)


async def test_what_runs_by_itself_is_told(any_database: Database) -> None:
    snapshot = await loaded(any_database)
    people, pets, kept = (relation(snapshot, name) for name in ("people", "pets", "kept"))
    assert (people.has_triggers, pets.has_triggers) == (False, True)  # a foreign key's own triggers do not count
    assert (people.has_rules, pets.has_rules, relation(snapshot, "names").has_rules) == (False, True, False)
    assert (people.row_security, len(people.policies), pets.row_security) == (True, 1, False)
    assert people.cascades == (pets.oid,)
    assert (len(people.expressions), len(pets.expressions)) == (1, 1)
    assert (kept.kind, (kept.view or "")[:7]) == (RelationKind.MATERIALIZED, "({QUERY")


async def test_partitions_know_their_parents_and_children(any_database: Database) -> None:
    snapshot = await loaded(any_database)
    events, part = relation(snapshot, "events"), relation(snapshot, "events_2024")
    assert (events.kind, events.children, events.parents) == (RelationKind.PARTITIONED, (part.oid,), ())
    assert (part.parents, part.children, part.is_partition) == ((events.oid,), (), True)


async def test_types_functions_and_operators_are_told(any_database: Database) -> None:
    snapshot = await loaded(any_database)
    types = {one.name: one for one in snapshot.types.values() if one.schema == "shop"}
    assert (types["mood"].kind, types["mood"].labels) == (TypeKind.ENUM, ("new", "paid", "sent"))
    assert (types["positive"].kind, types["positive"].base, len(types["positive"].checks)) == (TypeKind.DOMAIN, 23, 1)
    assert (types["_mood"].element, types["mood"].array) == (types["mood"].oid, types["_mood"].oid)
    assert [one.name for one in snapshot.relations[types["address"].relation].columns.values()] == ["street", "city"]
    function = next(one for one in snapshot.functions.values() if one.full_name == "shop.f")
    assert (function.arg_types, function.volatility, function.language) == ((25, 23), Volatility.STABLE, "sql")
    assert (function.security_definer, function.body, function.kind) == (True, "select $1", FunctionKind.FUNCTION)
    assert function.oid in snapshot.operators.values()


async def test_memberships_are_transitive(any_database: Database) -> None:
    role, group, all_of_them = (any_database.unique(name) for name in ("role", "group", "all"))
    any_database.run(
        f"create role {role}", f"create role {group}", f"create role {all_of_them}",
        f"grant {group} to {role}", f"grant {all_of_them} to {group}",
    )  # fmt: skip
    snapshot = await load(await any_database.connect())
    any_database.run(f"drop role {role}", f"drop role {group}", f"drop role {all_of_them}")
    assert snapshot.member_of(role) == {role, group, all_of_them}
    assert snapshot.member_of("nobody knows me") == {"nobody knows me"}
    assert snapshot.roles["postgres"].superuser
    assert not snapshot.roles[role].superuser


async def test_a_role_without_privileges_loads_the_same(any_database: Database) -> None:
    role = any_database.unique("reader")
    any_database.run(f"create role {role} login")
    known = await loaded(any_database)
    reader = await asyncpg.connect(any_database.dsn(role))
    snapshot = await load(reader)
    await reader.close()
    any_database.run(f"drop role {role}")
    assert snapshot.digest == known.digest


async def test_a_catalog_that_may_not_be_read_is_named(any_database: Database) -> None:
    role = any_database.unique("reader")
    any_database.run(f"create role {role} login", "revoke select on pg_catalog.pg_trigger from public")
    reader = await asyncpg.connect(any_database.dsn(role))
    with pytest.raises(CatalogUnreadable, match="may not read pg_trigger"):
        await load(reader)
    await reader.close()
    any_database.run(f"drop role {role}")


async def test_names_in_the_way_of_the_catalog_are_not_read(any_database: Database) -> None:
    known = await loaded(any_database)
    connection = await any_database.connect(server_settings={"search_path": "public, pg_catalog"})
    await connection.execute("create table public.pg_proc (oid oid)")
    snapshot = await load(connection)
    assert set(snapshot.functions) == set(known.functions)


CHANGES = [
    "create table shop.t (a int)",
    "alter table shop.people rename column first to forename",
    "alter table shop.people add column more text",
    "alter table shop.people drop column last cascade",
    "alter table shop.people rename to persons",
    "alter table shop.persons set schema public",
    "alter table public.persons disable row level security",
    "drop policy own on public.persons",
    "drop trigger fire on shop.pets",
    "create or replace view shop.names as select id, forename || 'x' as first from public.persons",
    "alter type shop.mood add value 'lost'",
    "alter function shop.f volatile",
    "create or replace function shop.f(text, int) returns text language sql as 'select $1 || $2'",
    "drop operator shop.<<< (text, int)",
    "alter table shop.events detach partition shop.events_2024",
    "drop table shop.pets",
    "alter domain shop.positive drop constraint positive_check",
    "grant pg_monitor to pg_signal_backend",
    "revoke pg_monitor from pg_signal_backend",
]


async def test_every_change_is_seen_by_the_fingerprint_and_loaded_in_part(any_database: Database) -> None:
    before = await loaded(any_database)
    connection = await any_database.connect()
    seen = await fingerprint(connection)
    for change in CHANGES:
        await connection.execute(change)
        now = await fingerprint(connection)
        changed = {catalog for catalog, text in now.items() if text != seen[catalog]}
        after = await load(connection, before, changed)
        assert (after == await load(connection), after.digest != before.digest) == (True, True), change
        assert set() < changed <= queries.EVERYTHING
        before, seen = after, now


async def test_what_does_not_change_has_the_same_fingerprint(any_database: Database) -> None:
    connection = await any_database.connect()
    await connection.execute(SCHEMA)
    seen = await fingerprint(connection)
    any_database.run("insert into shop.events values (1, '2024-02-02')", "analyze", "vacuum freeze")
    assert await fingerprint(connection) == seen


async def test_temporary_relations_are_loaded_anew_and_change_no_digest(any_database: Database) -> None:
    before = await loaded(any_database)
    connection = await any_database.connect()
    seen = await fingerprint(connection)
    await connection.execute("create temporary table mine (a int check (a > 0), b shop.mood)")
    after = await load(connection, before, ())
    mine = [one for one in after.relations.values() if one.temporary]
    assert [(one.name, len(one.columns), len(one.expressions)) for one in mine] == [("mine", 2, 1)]
    assert (await fingerprint(connection), after.digest) == (seen, before.digest)
    assert after == await load(connection)
    await connection.execute("drop table mine")
    assert await load(connection, after, ()) == before


async def test_every_part_says_what_it_is_read_from() -> None:
    watched = {*queries.LASTING, "members", "roles"}
    assert watched >= queries.EVERYTHING
    assert set(queries.CATALOGS) - {"pg_auth_members", "pg_language", "pg_roles"} == set(queries.LASTING)
