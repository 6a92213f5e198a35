"""SQL bodies that are stored as texts: which trees are proof, on real servers. The cases are tests/cases/texts.yaml."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
import yaml

from proxy.analysis import texts
from proxy.analysis.functions import Behaviour
from proxy.analysis.ground import Ground
from proxy.catalog.parsing import MARK, tree_of
from proxy.decide.bodies import learn
from proxy.embedded.postgres import EmbeddedPostgres
from proxy.errors import UpstreamUnavailable
from proxy.model import Command, Footprint, Oid
from tests.analysis.cases import ABSENT, FOLDER
from tests.analysis.probing import Shop, open_shop, snapshot_of

NAME = "texts_shop"
CASES: list[dict[str, Any]] = yaml.safe_load(Path(FOLDER, "texts.yaml").read_text())
OPAQUE = """unqualified of_catalog of_catalog_too two writes slashed anything rival compares casts whole
broken_too calls_made""".split()  # noqa: SIM905  a list of words


@pytest.fixture(scope="session")
def texted(any_server: EmbeddedPostgres) -> Iterator[Shop]:
    """The shop with functions whose bodies are texts."""
    opened = open_shop(any_server, NAME)
    opened.connection.execute(Path(FOLDER, "texts.sql").read_bytes())
    opened.connection.execute("set search_path = shop, public")
    yield Shop(any_server, opened.connection, Ground(snapshot_of(any_server.dsn(NAME))), opened.reader, opened.xml)
    opened.connection.close()
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        connection.execute(f"drop database {NAME}".encode())


def oid_of(shop: Shop, name: str) -> Oid:
    """A function of the shop by its name."""
    return next(one.oid for one in shop.snapshot.functions.values() if one.full_name == f"shop.{name}")


def learned(shop: Shop, footprint: Footprint) -> bool:
    """As the decider learns."""

    async def ask(database: str, question: str) -> str | None:
        connection = await asyncpg.connect(shop.server.dsn(database))
        try:
            return await tree_of(connection, question, MARK)
        finally:
            await connection.close()

    return asyncio.run(learn(shop.ground, footprint, ask))


def footprint(shop: Shop, sql: str) -> Footprint:
    """A statement's, when everything that it calls was asked for."""
    found = shop.footprint(sql)
    while learned(shop, found):
        found = shop.footprint(sql)
    return found


@pytest.mark.parametrize("case", [pytest.param(case, id=case["sql"]) for case in CASES])
def test_a_call_has_the_footprint_that_its_case_tells(texted: Shop, case: dict[str, Any]) -> None:
    told = texted.told(footprint(texted, case["sql"]))
    assert {key: told[key] for key in ABSENT} == {key: case.get(key, absent) for key, absent in ABSENT.items()}


@pytest.mark.parametrize("name", OPAQUE)
def test_what_a_search_path_could_change_is_opaque(texted: Shop, name: str) -> None:
    oid = oid_of(texted, name)
    learned(texted, Footprint(Command.SELECT, functions=frozenset((oid,))))
    assert texted.ground.behaviour(oid)[0] is Behaviour.OPAQUE


def test_a_body_that_was_not_asked_for_is_opaque(texted: Shop) -> None:
    fresh = Ground(texted.snapshot)
    oid = oid_of(texted, "tidy")
    assert fresh.is_unread(oid)
    assert fresh.behaviour(oid)[0] is Behaviour.OPAQUE


def test_a_server_that_cannot_be_asked_is_asked_again(texted: Shop) -> None:
    async def ask(_database: str, _question: str) -> str | None:
        raise UpstreamUnavailable("down")

    fresh = Ground(texted.snapshot)
    oid = oid_of(texted, "tidy")
    assert not asyncio.run(learn(fresh, Footprint(Command.SELECT, functions=frozenset((oid,))), ask))
    assert fresh.is_unread(oid)


@pytest.mark.parametrize("tree", ["", "(", "{SELECTSTMT}", "{QUERY :commandType 1}", "{QUERY :commandType 1} {QUERY}"])
def test_a_tree_that_is_none_is_no_proof(texted: Shop, tree: str) -> None:
    fresh = Ground(texted.snapshot)
    oid = oid_of(texted, "tidy")
    fresh.texts[oid] = texts.answer(fresh, oid, tree)
    assert fresh.behaviour(oid)[0] is Behaviour.OPAQUE


def test_a_trusted_function_is_not_asked_for(texted: Shop) -> None:
    oid = oid_of(texted, "unqualified")
    assert not Ground(texted.snapshot, trusted=frozenset((oid,))).is_unread(oid)
