"""What is known of the server's own functions, on real servers."""

import pytest

from proxy.analysis.functions import CLOSED, LISTED, Behaviour, behaviour
from proxy.catalog.snapshot import FunctionKind, Volatility
from tests.analysis.probing import Shop

DANGEROUS = frozenset(
    """binary_upgrade_set_missing_value brin_summarize_range currtid2 cursor_to_xml cursor_to_xmlschema database_to_xml
    database_to_xml_and_xmlschema database_to_xmlschema lo_creat lo_create lo_export lo_from_bytea lo_get
    lo_import lo_open lo_put loread lowrite pg_cancel_backend pg_create_logical_replication_slot pg_cursor
    pg_export_snapshot pg_input_is_valid pg_logical_emit_message pg_logical_slot_get_changes pg_ls_dir
    pg_mcv_list_items pg_notify pg_prepared_statement pg_read_binary_file pg_read_file pg_reload_conf
    pg_replication_origin_create pg_sleep pg_stat_file pg_stat_get_activity pg_stat_get_backend_activity
    pg_stat_reset pg_switch_wal pg_terminate_backend query_to_xml query_to_xml_and_xmlschema query_to_xmlschema
    satisfies_hash_partition schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema set_config setseed
    setval table_to_xml table_to_xml_and_xmlschema table_to_xmlschema ts_stat array_in record_in domain_in
    range_in""".split()  # noqa: SIM905  a list of so many lines hides more than it shows
)


@pytest.mark.parametrize("name", sorted(DANGEROUS))
def test_what_reads_by_name_runs_text_or_writes_is_opaque(shop: Shop, name: str) -> None:
    found = [one for one in shop.snapshot.functions.values() if one.name == name and one.schema == "pg_catalog"]
    assert {behaviour(one) for one in found} <= {Behaviour.OPAQUE}


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
