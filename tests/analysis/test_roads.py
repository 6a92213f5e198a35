"""Every road to a function that is not proven is opaque, on real servers. The cases are tests/cases/roads.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from msgspec.structs import replace

from proxy.analysis.functions import Behaviour
from proxy.analysis.ground import Ground
from proxy.embedded.postgres import EmbeddedPostgres
from tests.analysis.cases import FOLDER
from tests.analysis.probing import Shop, open_shop, snapshot_of

NAME = "roads_shop"
CASES: list[dict[str, Any]] = yaml.safe_load(Path(FOLDER, "roads.yaml").read_text())
READ = """btree_gin btree_gist citext cube earthdistance fuzzystrmatch hstore intarray ltree pg_trgm pgcrypto seg
unaccent uuid-ossp""".split()  # noqa: SIM905  a list of words
UNREAD = ("dblink", "file_fdw", "isn", "lo", "pageinspect", "postgres_fdw", "tablefunc", "xml2", "pg_stat_statements")
PROVEN = [
    "select name::citext = 'x', lower(email::citext), 'a'::citext from customers",
    "select digest(ssn, 'sha256'), crypt(ssn, gen_salt('md5')), encrypt(ssn::bytea, 'k', 'aes') from customers",
    "select similarity(name, 'x'), name % 'x', unaccent(name) from customers",
    "select uuid_generate_v4(), uuid_generate_v5(uuid_ns_url(), name) from customers",
    "select 'a=>1'::hstore -> 'a', hstore(s), each(hstore(name, 'x')), akeys('a=>1') from staff s",
    "select 'a.b'::ltree @> 'a.b.c', array[1, 2] & array[2], levenshtein(name, 'x'), soundex(name) from customers",
    "select jsonb_agg(s), jsonb_agg('a=>1'::hstore) from staff s",
    "select name from customers order by name::citext",
    "select max(name::citext) from customers group by email::citext",
]
NEEDS = {"digest(": "pgcrypto", "uuid_generate": "uuid-ossp", "xpath_table": "xml2"}
"""Extensions that are built with libraries of others: not every server has them."""
UNPROVEN = [
    "select * from dblink('', 'select 1') as x(a int)",
    "select * from crosstab('select 1') as x(a int)",
    "select * from normal_rand(1, 1, 1)",
    "select isn_weak(ssn = 'x') from customers",
    "select get_raw_page('shop.customers', 0)",
    "select xpath_table('a', 'b', 'c', 'd', 'e') from customers",
    "select set_limit(length(ssn)) from customers",
    "select populate_record(null::spied_on, 'v=>1')",
    "select populate_record(null::reached, 'id=>1')",
    "select tested(name) from customers",
]


@pytest.fixture(scope="session")
def roads(any_server: EmbeddedPostgres) -> Iterator[Shop]:
    """The shop with what roads.sql adds."""
    opened = open_shop(any_server, NAME)
    opened.connection.execute(Path(FOLDER, "roads.sql").read_bytes())
    opened.connection.execute("set search_path = shop, public")
    yield again(opened, NAME)
    opened.connection.close()
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        connection.execute(f"drop database {NAME}".encode())


@pytest.fixture(scope="session")
def extended(roads: Shop) -> Shop:
    """The same with every extension of the lists that the server has, and a function that somebody put into one."""
    for name in (*READ, *UNREAD):
        try:
            roads.connection.execute(f'create extension if not exists "{name}" schema public cascade'.encode())
        except psycopg.Error:  # this server lacks it
            continue
    roads.connection.execute("create function tested(text) returns text immutable language plpgsql as 'begin end'")
    roads.connection.execute("alter extension citext add function tested(text)")
    return again(roads, NAME)


def again(shop: Shop, database: str) -> Shop:
    """With its catalog as it is now."""
    return replace_ground(shop, Ground(snapshot_of(shop.server.dsn(database))))


def replace_ground(shop: Shop, ground: Ground) -> Shop:
    """Over another snapshot."""
    return Shop(shop.server, shop.connection, ground, shop.reader, shop.xml)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["sql"]) for case in CASES])
def test_a_statement_is_opaque_where_its_case_says_so(roads: Shop, case: dict[str, Any]) -> None:
    assert sorted(roads.footprint(case["sql"]).opaque) == sorted(case["why"])


def test_a_cast_of_somebodys_to_json_makes_json_functions_opaque(roads: Shop) -> None:
    cast = (roads.snapshot.relation_named("shop", "address").row_type, 114, 1 << 20)  # type: ignore[union-attr]
    routines = replace(roads.snapshot.routines, casts=(cast,))
    changed = replace_ground(roads, Ground(replace(roads.snapshot, routines=routines)))
    assert changed.footprint("select to_json(s) from staff s").opaque == ("function:pg_catalog.to_json",)


def needing(extended: Shop, sql: str) -> str:
    """The statement, where the server has the extensions that it needs."""
    for word, name in NEEDS.items():
        if word in sql and not any(one.extension == name for one in extended.snapshot.routines.facts.values()):
            pytest.skip(f"the server lacks {name}")
    return sql


@pytest.mark.parametrize("sql", PROVEN)
def test_what_extensions_that_were_read_do_is_proven(extended: Shop, sql: str) -> None:
    assert extended.footprint(needing(extended, sql)).opaque == ()


@pytest.mark.parametrize("sql", UNPROVEN)
def test_what_other_extensions_do_is_opaque(extended: Shop, sql: str) -> None:
    assert extended.footprint(needing(extended, sql)).opaque != ()


def test_nothing_of_an_extension_that_was_not_read_is_proven(extended: Shop) -> None:
    facts = extended.snapshot.routines.facts
    unread = [oid for oid, routine in facts.items() if routine.extension in UNREAD and routine.library]
    assert unread
    assert {extended.ground.behaviour(oid)[0] for oid in unread} == {Behaviour.OPAQUE}
