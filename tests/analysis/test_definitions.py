"""Which columns a constant of a stored definition stands beside, and where the definition is shown."""

from msgspec.structs import replace

from proxy.analysis.definitions import stored
from proxy.catalog.loader import load
from proxy.catalog.snapshot import Snapshot
from tests.servers import Database

SCHEMA = """
create schema d;
create domain d.code as text check (value <> 'secret');
create table d.people (id int primary key, ssn text, email text default 'a@b', code d.code, plain text, n int default 7,
    serial int default nextval('pg_catalog.pg_class'::regclass), free text,
    constraint c check (ssn <> 'x' and plain is not null), constraint no_constant check (plain is not null));
create index i on d.people (lower(free)) where free <> 'y';
create table d.parts (kind text, v text) partition by list (kind);
create table d.parts_a partition of d.parts for values in ('a');
create view d.v as select id from d.people where email <> 'z';
create view d.over_it as select v.id from d.v v, (select 'q' as k) k where v.id::text <> k.k;
create view d.quiet as select id, ssn from d.people;
create policy p on d.people using (plain = 'w');
create function d.f() returns trigger language plpgsql as 'begin return new; end';
create trigger t before update on d.people for each row when (old.ssn = 'v') execute function d.f();
create rule r as on delete to d.people where old.plain = 'u' do also select old.ssn;
create rule s as on insert to d.parts_a do also insert into d.people (free) values ('o');
comment on column d.people.ssn is 'a number';
comment on table d.people is 'people';
"""
PLACES = {
    "pg_constraint.conbin": {"people.ssn", "people.plain", "people.code"},
    "pg_attrdef.adbin": {"people.email", "people.n"},
    "pg_index.indpred": {"people.free"},
    "pg_class.relpartbound": {"parts.kind"},
    "pg_rewrite.ev_action": {"people.id", "people.email", "v.id", "people.free"},
    "pg_rewrite.ev_qual": {"people.id", "people.email", "v.id", "people.free", "people.plain"},
    "pg_policy.polqual": {"people.plain"},
    "pg_trigger.tgqual": {"people.ssn"},
    "pg_description.description": {"people.ssn"},
}


async def loaded(database: Database) -> Snapshot:
    connection = await database.connect()
    await connection.execute(SCHEMA)
    return await load(connection)


async def test_a_constant_meets_what_its_definition_names_and_what_it_is_for(any_database: Database) -> None:
    snapshot = await loaded(any_database)
    found: dict[str, set[str]] = {}
    for one in stored(snapshot):
        place = snapshot.column_name(one.place.relation, one.place.attnum).removeprefix("pg_catalog.")
        meets = {snapshot.column_name(each.relation, each.attnum) for each in one.meets}
        found.setdefault(place, set()).update(name.removeprefix("d.") for name in meets if name.startswith("d."))
    assert {place: found[place] >= meets for place, meets in PLACES.items()} == dict.fromkeys(PLACES, True)
    assert not found["pg_attrdef.adbin"] & {"people.serial", "people.id"}
    assert "quiet.ssn" not in found["pg_rewrite.ev_action"]
    assert found["pg_description.description"] >= {"people.ssn", "people.id"}  # of the column, and of its table
    assert {name.partition(".")[0] for name in found["pg_description.description"]} == {"people"}


async def test_the_texts_are_those_that_the_server_shows(any_database: Database) -> None:
    snapshot = await loaded(any_database)
    texts = {text for one in stored(snapshot) for text in one.texts}
    with any_database.psycopg() as connection:
        connection.execute("set search_path = pg_catalog")
        for question in (
            "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'd.people'::regclass",
            "select pg_get_constraintdef(oid, true) from pg_constraint where conname = 'c'",
            "select pg_get_indexdef('d.i'::regclass)",
            "select pg_get_expr(relpartbound, oid) from pg_class where oid = 'd.parts_a'::regclass",
            "select pg_get_expr(polqual, polrelid) from pg_policy",
            "select pg_get_triggerdef(oid, true) from pg_trigger where tgname = 't'",
            "select description from pg_description where objoid = 'd.people'::regclass",
            "select check_clause from information_schema.check_constraints where constraint_name = 'c'",
        ):
            shown = {row[0] for row in connection.execute(question.encode())}
            assert shown, question
            assert shown <= texts, question


async def test_a_tree_that_is_not_understood_meets_everything_of_its_relation(any_database: Database) -> None:
    snapshot = await loaded(any_database)
    people = snapshot.relation_named("d", "people")
    assert people is not None
    broken = [
        replace(one, tree="{NOT A TREE") if one.relation == people.oid and one.tree else one
        for one in snapshot.definitions
    ]
    meets = [one.meets for one in stored(replace(snapshot, definitions=tuple(broken))) if one.texts]
    assert max(map(len, meets)) == len(people.columns)
