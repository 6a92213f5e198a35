"""Columns that hold the values of others: generated ones, views, materialized views, inheritance."""

import pytest

from proxy.analysis.related import derived_columns, related_columns, unproven_columns
from proxy.model import ColumnId
from tests.analysis.probing import Shop


def named(shop: Shop, name: str) -> ColumnId:
    table, column = name.split(".")
    relation = shop.snapshot.relation_named("shop", table)
    assert relation is not None
    return next(ColumnId(relation.oid, attnum) for attnum, one in relation.columns.items() if one.name == column)


@pytest.mark.parametrize(
    ("column", "sources"),
    [
        ("people.full_name", ["people.first", "people.last"]),
        ("v_customers.email", ["customers.email"]),
        ("v_contacts.mail", ["customers.email"]),
        ("v_totals.total", ["orders.total"]),
        ("v_union.contact", ["customers.email", "staff.name"]),
        ("m_mails.mail", ["customers.email"]),
        ("m_mails.ssn", ["customers.ssn"]),
        ("m_over.mail", ["customers.email", "m_mails.mail"]),
    ],
)
def test_a_derived_column_comes_from_the_columns_of_its_stored_tree(
    shop: Shop, column: str, sources: list[str]
) -> None:
    assert shop.columns(derived_columns(shop.snapshot)[named(shop, column)]) == sources


def test_a_derived_column_that_calls_what_is_not_proven_is_told(shop: Shop) -> None:
    assert shop.columns(unproven_columns(shop.snapshot)) == ["m_unproven.loud"]


@pytest.mark.parametrize(
    ("column", "others"),
    [
        ("events.secret", ["events_2024.secret", "events_rest.secret"]),
        ("events_2024.secret", ["events.secret"]),
        ("events_rest.secret", ["events.secret"]),
        ("dogs.chip", ["animals.chip"]),
        ("animals.chip", ["dogs.chip"]),
    ],
)
def test_columns_are_related_by_name_along_inheritance(shop: Shop, column: str, others: list[str]) -> None:
    assert shop.columns(related_columns(shop.snapshot)[named(shop, column)]) == others


def test_a_column_of_a_child_alone_has_no_relatives(shop: Shop) -> None:
    assert named(shop, "dogs.breed") not in related_columns(shop.snapshot)
