"""Columns that a condition uses as plain operands of =, and no other way: what `inference: equality` lets pass."""

from collections.abc import Iterable
from typing import Final

from proxy.analysis.around import Scope
from proxy.analysis.comparisons import EQUALITIES
from proxy.analysis.expressions import evaluate, known
from proxy.analysis.ground import Ground, children, number
from proxy.analysis.nodes import ALL
from proxy.analysis.result_types import oid_of
from proxy.analysis.tree import Node
from proxy.catalog.snapshot import FIRST_NORMAL_OID, TypeKind
from proxy.model import ColumnId, Oid

OPERANDS: Final = 2
CAST_FORMATS: Final = (1, 2)  # primnodes.h, CoercionForm: explicit and implicit casts
NO_SCALARS: Final = frozenset({114, 3802, 142, 2249})  # pg_type.dat: json, jsonb, xml, record


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
        operands = children(node, "args")
        values = [evaluate(scope, operand) for operand in operands]
        for value in values:
            found |= value.sources
            otherwise |= value.computed
        if not any(is_counted(scope, operand) for operand in operands):
            scope.gathered.uncounted.update(*(value.sources for value in values))
    return frozenset(found), frozenset(otherwise)


def is_counted(scope: Scope, operand: Node) -> bool:
    """Whether an operand is one value that the statement spells or one parameter, cast or not, or an array whose
    elements are: then how many values a column is compared with can be counted. Any other operand (a column, a
    subquery, an array that arrives whole, an argument of a function's body) may hold any number."""
    if operand.name in ("ARRAYEXPR", "ARRAY"):
        return all(_is_one(scope, element) for element in children(operand, "elements"))
    return _is_one(scope, operand)


def _is_one(scope: Scope, node: Node) -> bool:
    if node.name == "CONST":
        return _is_scalar(scope, node)
    while node.name in ("RELABELTYPE", "COERCEVIAIO", "COLLATEEXPR", "COLLATE", "FUNCEXPR"):
        inner = children(node, "arg") or children(node, "args")
        cast = node.name != "FUNCEXPR" or number(node, "funcformat") in CAST_FORMATS
        if not cast or not inner or not _is_scalar(scope, node) or any(one.name != "CONST" for one in inner[1:]):
            return False
        node = inner[0]
    bound = node.name == "PARAM" and number(node, "paramkind") == 0 and not scope.in_body()
    return (bound or node.name == "CONST") and _is_scalar(scope, node)


def _is_scalar(scope: Scope, node: Node) -> bool:
    """Whether a value of the node's type is one value and no container of several."""
    oid = oid_of(node)
    known = scope.gathered.scalars.get(oid)
    if known is None:
        known = scope.gathered.scalars[oid] = _holds_one(scope.ground, Oid(oid))
    return known


def _holds_one(ground: Ground, oid: Oid) -> bool:
    type_ = ground.snapshot.types.get(oid)
    while type_ is not None and type_.kind is TypeKind.DOMAIN:
        type_ = ground.snapshot.types.get(type_.base)
    single = type_ is not None and type_.kind in (TypeKind.BASE, TypeKind.ENUM)
    return type_ is not None and single and type_.category != "A" and type_.oid not in NO_SCALARS


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
