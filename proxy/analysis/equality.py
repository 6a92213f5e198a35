"""Columns that a condition uses as plain operands of =, and no other way: what `inference: equality` lets pass."""

from collections.abc import Iterable
from typing import Final

from proxy.analysis.around import Scope
from proxy.analysis.expressions import evaluate, known
from proxy.analysis.ground import children
from proxy.analysis.nodes import ALL
from proxy.analysis.tree import Node
from proxy.catalog.snapshot import FIRST_NORMAL_OID
from proxy.model import ColumnId

OPERANDS: Final = 2
EQUALITIES: Final = frozenset(
    """
    int2eq int4eq int8eq int24eq int42eq int28eq int82eq int48eq int84eq numeric_eq
    float4eq float8eq float48eq float84eq
    texteq bpchareq nameeq nameeqtext texteqname chareq booleq byteaeq oideq xideq uuid_eq enum_eq cash_eq
    date_eq time_eq timetz_eq timestamp_eq timestamptz_eq interval_eq
    date_eq_timestamp date_eq_timestamptz timestamp_eq_date timestamp_eq_timestamptz timestamptz_eq_date
    timestamptz_eq_timestamp network_eq macaddr_eq macaddr8_eq biteq varbiteq
    """.split()  # noqa: SIM905  a list of forty quoted words is no easier to review
)
"""Functions of pg_catalog behind the operators = of single values (pg_operator.dat)."""


def compared(scope: Scope, conditions: Iterable[Node]) -> tuple[frozenset[ColumnId], frozenset[ColumnId]]:
    """The columns that conditions depend on, and those of them that are used otherwise than by =. AND, OR and NOT of
    equalities tell no more than these do."""
    found, otherwise, waiting = set[ColumnId](), set[ColumnId](), list(conditions)
    while waiting:
        node = waiting.pop()
        if node.name == "BOOLEXPR":
            known(scope, node)
            waiting += children(node, "args")
            continue
        if not _is_equality(scope, node):
            sources = evaluate(scope, node).sources
            found |= sources
            otherwise |= sources
            continue
        known(scope, node)
        for operand in children(node, "args"):
            value = evaluate(scope, operand)
            found |= value.sources
            otherwise |= value.computed
    return frozenset(found), frozenset(otherwise)


def _is_equality(scope: Scope, node: Node) -> bool:
    """a = b, or a IN (…) as = ANY."""
    if node.name not in ("OPEXPR", "SCALARARRAYOPEXPR") or len(children(node, "args")) != OPERANDS:
        return False
    if node.name == "SCALARARRAYOPEXPR" and node.fields.get("useOr") != "true":
        return False
    called = scope.ground.called(node, ALL[node.name].call)
    functions = [scope.ground.snapshot.functions.get(oid) for oid in called]
    return len(functions) == 1 and all(
        one is not None and one.oid < FIRST_NORMAL_OID and one.schema == "pg_catalog" and one.name in EQUALITIES
        for one in functions
    )
