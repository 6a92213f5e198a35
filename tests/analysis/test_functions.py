"""What is known of the server's own functions, on real servers."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from proxy.analysis.functions import CLOSED, LISTED, Behaviour, behaviour
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function, FunctionKind, Volatility
from tests.analysis.probing import Shop

CASES = Path(__file__).parent.parent / "cases" / "opaque_functions.yaml"
OPAQUE: Mapping[str, list[str]] = {why: names.split() for why, names in yaml.safe_load(CASES.read_text()).items()}


def own_functions(shop: Shop) -> list[Function]:
    """Those that came with the server."""
    known = shop.snapshot.functions.values()
    return [one for one in known if one.schema in ("pg_catalog", "information_schema") and one.oid < FIRST_NORMAL_OID]


def test_every_function_of_the_server_is_proven_or_stands_among_the_opaque_ones(shop: Shop) -> None:
    reviewed = {name for names in OPAQUE.values() for name in names}
    unproven = {one.name for one in own_functions(shop) if behaviour(one) is Behaviour.OPAQUE}
    assert unproven - reviewed == set()


@pytest.mark.parametrize("why", sorted(OPAQUE))
def test_what_reads_by_name_runs_text_or_writes_is_opaque(shop: Shop, why: str) -> None:
    known = {name: set[Behaviour]() for name in OPAQUE[why] if name != "ts_rewrite"}
    for one in own_functions(shop):
        known.get(one.name, set()).add(behaviour(one))
    assert {name for name, found in known.items() if found - {Behaviour.OPAQUE}} == set()


def test_of_ts_rewrite_only_the_one_without_text_is_closed(shop: Shop) -> None:
    found = [one for one in shop.snapshot.functions.values() if one.name == "ts_rewrite"]
    assert {len(one.arg_types): behaviour(one) for one in found} == {2: Behaviour.OPAQUE, 3: Behaviour.CLOSED}


def test_no_function_of_a_user_is_closed_whatever_it_is_called(shop: Shop) -> None:
    users = [one for one in shop.snapshot.functions.values() if one.oid >= 16384]
    assert len(users) > 5
    assert {behaviour(one) for one in users} == {Behaviour.OPAQUE}


def test_a_trusted_function_is_closed(shop: Shop) -> None:
    shout = next(one.oid for one in shop.snapshot.functions.values() if one.full_name == "shop.shout")
    trusting = type(shop.ground)(shop.snapshot, trusted=frozenset({shout}))
    assert trusting.behaviour(shout)[0] is Behaviour.CLOSED


def test_every_volatile_function_that_is_proven_was_listed_by_name(shop: Shop) -> None:
    proven = {
        one.name
        for one in shop.snapshot.functions.values()
        if behaviour(one) is not Behaviour.OPAQUE and one.volatility is not Volatility.IMMUTABLE
    }
    assert proven <= set(LISTED)


def test_every_name_on_the_lists_is_a_function_of_some_server() -> None:
    """Misspelt names would never be missed: each was found on a server of 13 to 18."""
    assert all(name == name.lower() and name.isascii() for name in LISTED)
    assert len(CLOSED) > 200


def test_every_aggregate_and_window_function_of_the_server_is_proven(shop: Shop) -> None:
    kinds = (FunctionKind.AGGREGATE, FunctionKind.WINDOW)
    own = [one for one in shop.snapshot.functions.values() if one.kind in kinds and one.oid < 16384]
    assert [one.name for one in own if behaviour(one) is Behaviour.OPAQUE] == []


@pytest.mark.parametrize(
    "view", ["tables", "columns", "key_column_usage", "table_constraints", "domains", "parameters", "sequences"]
)
def test_the_information_schema_is_proven(shop: Shop, view: str) -> None:
    assert shop.footprint(f"select * from information_schema.{view}").opaque == ()
