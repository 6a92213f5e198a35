"""What the walk says of functions whose body is SQL, on real servers. The cases are tests/cases/bodies.yaml."""

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
from tests.analysis.cases import ABSENT, FOLDER
from tests.analysis.probing import Shop, open_shop, snapshot_of

NAME = "bodies_shop"
TREES = 14  # the first version that stores bodies as trees
CASES: list[dict[str, Any]] = yaml.safe_load(Path(FOLDER, "bodies.yaml").read_text())


@pytest.fixture(scope="session")
def bodied(any_server: EmbeddedPostgres) -> Iterator[Shop]:
    """The shop with functions whose bodies are trees."""
    if any_server.major < TREES:
        pytest.skip("the server lacks it")
    opened = open_shop(any_server, NAME)
    opened.connection.execute(Path(FOLDER, "bodies.sql").read_bytes())
    opened.connection.execute("set search_path = shop, public")
    yield Shop(any_server, opened.connection, Ground(snapshot_of(any_server.dsn(NAME))), opened.reader, opened.xml)
    opened.connection.close()
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        connection.execute(f"drop database {NAME}".encode())


def oid_of(shop: Shop, name: str) -> Any:
    """A function of the shop by its name."""
    return next(one.oid for one in shop.snapshot.functions.values() if one.full_name == f"shop.{name}")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["sql"]) for case in CASES])
def test_a_call_has_the_footprint_that_its_case_tells(bodied: Shop, case: dict[str, Any]) -> None:
    told = bodied.told(bodied.footprint(case["sql"]))
    assert {key: told[key] for key in ABSENT} == {key: case.get(key, absent) for key, absent in ABSENT.items()}


@pytest.mark.parametrize("name", ["clean_up", "plus", "second_of", "added", "as_varchar", "by_id", "none_of"])
def test_a_body_that_reads_no_table_is_closed(bodied: Shop, name: str) -> None:
    assert bodied.ground.behaviour(oid_of(bodied, name))[0] is Behaviour.CLOSED


def test_a_body_that_is_not_a_tree_that_we_know_is_opaque(bodied: Shop) -> None:
    oid = oid_of(bodied, "clean_up")
    for tree in (
        "{BRANDNEWNODE}",
        "{QUERY :commandType 1}",
        "(",
        "",
        "{QUERY :commandType 1 :targetList ({NEW :a 1})}",
    ):
        functions = {**bodied.snapshot.functions, oid: replace(bodied.snapshot.functions[oid], tree=tree)}
        assert Ground(replace(bodied.snapshot, functions=functions)).behaviour(oid)[0] is Behaviour.OPAQUE


def test_what_a_body_calls_is_in_the_footprint(bodied: Shop) -> None:
    found = bodied.footprint("select asks_clean('x')").functions
    assert {oid_of(bodied, "asks_clean"), oid_of(bodied, "clean_up"), oid_of(bodied, "name_of")} <= found


def test_constants_of_a_body_are_none_of_the_statement(bodied: Shop) -> None:
    assert bodied.footprint("select asks_clean('x')").constants == {18}


def test_a_function_that_calls_itself_ends(bodied: Shop) -> None:
    found = bodied.footprint("select looped(5)")
    assert found.opaque


def test_a_body_fails_where_what_is_in_it_may(bodied: Shop) -> None:
    total = bodied.footprint("select clean_up(ssn), is_ssn(email), second_of(email) from customers")
    assert total.opaque == ()
    assert bodied.columns(total.computed) == []
    failing = bodied.footprint("select plus(id, id), asks_number(ssn) from customers")
    assert bodied.columns(failing.computed) == ["customers.id", "customers.ssn", "staff.id"]
