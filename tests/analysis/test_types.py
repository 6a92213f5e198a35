"""The type and modifier of every output, as the server describes them."""

import psycopg
import pytest

from proxy.catalog.snapshot import TypeKind
from proxy.model import Oid
from tests.analysis.cases import CASES, runs
from tests.analysis.probing import Shop

MORE = [
    "select array(select id from customers), array(select tags from customers limit 1), (select code from customers)",
    "select email::varchar(7), balance::numeric(5, 1), code::char(2), now()::timestamptz(3) from customers",
    "select case when active then notes end, coalesce(notes, notes), greatest(code, code), notes || 'x' from customers",
    "select case when active then notes else email end, coalesce(notes, email), array[notes], row(id) from customers",
    "select grouping(id), id in (1, 2), exists (select 1), (id, id) < (1, 2) from customers group by id",
    "select tags[1], tags[1:2], home, (home).city, localtimestamp(2), current_time(1), current_user from customers",
    "select notes from customers union select email from customers",
    "select notes from customers union select notes from customers",
    "values (1, 'a'::varchar(3)), (2, 'b')",
    "select x, y from (values (1, 'a'::varchar(3)), (2, 'b'::varchar(3))) v(x, y)",
    "select amount, amount + 1, id::positive from payments",
    "select 'x', null, $1::varchar(3), interval '1' day, '1 day'::interval(2), b'1'::bit(4)",
]


def described(shop: Shop, sql: str) -> list[tuple[int, int]]:
    """What RowDescription says."""
    shop.connection.pgconn.prepare(b"described", sql.encode())
    result = shop.connection.pgconn.describe_prepared(b"described")
    shop.connection.execute("deallocate described")
    assert result.status == psycopg.pq.ExecStatus.COMMAND_OK
    return [(result.ftype(at), result.fmod(at)) for at in range(result.nfields)]


def differing(shop: Shop, sql: str) -> list[str]:
    """Outputs whose type is another."""
    outputs = shop.footprint(sql).outputs
    if not (said := described(shop, sql)):  # what a rule gives is not described before it comes
        return []
    return [
        f"{sql}: {one.name} {(one.type_oid, one.typmod)} {server}"
        for one, server in zip(outputs, said, strict=True)
        if based(shop, one.type_oid, one.typmod) != server
    ]


def based(shop: Shop, oid: Oid, typmod: int) -> tuple[int, int]:
    """A domain is described as what it is based on."""
    type_ = shop.snapshot.types.get(oid)
    while type_ is not None and type_.kind is TypeKind.DOMAIN:
        oid, typmod = type_.base, type_.typmod
        type_ = shop.snapshot.types.get(oid)
    return oid, typmod


@pytest.mark.parametrize("sql", MORE)
def test_an_expression_has_the_type_and_modifier_that_the_server_describes(shop: Shop, sql: str) -> None:
    assert differing(shop, sql) == []


def test_each_output_of_each_case_has_the_type_that_the_server_describes(shop: Shop) -> None:
    queries = [case for case in CASES if runs(shop, case) and case.get("command") != "utility" and case.get("outputs")]
    wrong = [found for case in queries for found in differing(shop, case["sql"])]
    assert wrong == []
