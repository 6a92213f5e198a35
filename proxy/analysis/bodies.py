"""Functions whose SQL body is known: what a call returns and does, from the body's own trees.

A body is walked at each call with the arguments' values in the place of its parameters. What it reads, filters and
calls joins the statement's own, so the same rules judge it, whether the server inlines the call or runs it. That holds
for SECURITY DEFINER too: another role and another row security decide which rows there are; a value's columns are the
same. Trees of bodies that write are not rewritten (rules, defaults and triggers are not in them): they stay opaque.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from proxy.analysis.around import Scope
from proxy.analysis.functions import Behaviour
from proxy.analysis.gathered import Uses
from proxy.analysis.ground import Ground, children, nodes, number, numbers
from proxy.analysis.nodes import ALL
from proxy.analysis.result_types import type_of
from proxy.analysis.tree import Node
from proxy.analysis.values import CLEAN, NOTHING, Value, all_of
from proxy.catalog.routines import NONE
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function
from proxy.model import ColumnId, Oid

SELECT: Final = 1  # nodes.h, CmdType
VOID: Final = 2278  # pg_type.dat
HARMLESS_ENTRIES: Final = frozenset({1, 2, 3, 5, 6, 8, 9})  # parsenodes.h, RTEKind: all but tables and what reads them
REACHING: Final = frozenset({Behaviour.STATEFUL, Behaviour.BODY, Behaviour.DEFINITION})


class Body(msgspec.Struct, frozen=True):
    """Queries of a body in their order; the last one's rows are the function's. shown: its output columns' nodes."""

    queries: tuple[Node, ...]
    shown: tuple[Node, ...] = ()


def call(scope: Scope, node: Node, function: Oid, arguments: Sequence[Value]) -> Value:
    """What a call returns where one value is wanted. What the body reads, filters and calls goes into
    scope.gathered."""
    columns, chosen_by = _walked(scope, node, function, arguments)
    value = columns[0] if len(columns) == 1 else all_of(columns).changed()
    return value.depending(chosen_by)


def rows(scope: Scope, node: Node, function: Oid, arguments: Sequence[Value]) -> list[Value]:
    """The same of a call in FROM: a value for each column of the body's last query."""
    return _walked(scope, node, function, arguments)[0]


def _walked(scope: Scope, node: Node, oid: Oid, arguments: Sequence[Value]) -> tuple[list[Value], frozenset[ColumnId]]:
    """The output columns of a call, and the columns that choose its rows."""
    body = body_of(scope.ground, oid)
    placed = _placed(scope.ground, scope.ground.snapshot.functions[oid], node, arguments) if body else None
    if body is None or placed is None:
        return [Value(opaque=scope.gathered.unproven((f"body:{oid}",)))], NOTHING
    gathered = scope.gathered
    outside = gathered.uses, gathered.relations, gathered.constants, gathered.decisive
    gathered.uses, gathered.relations, gathered.constants, gathered.decisive = Uses(), set(), set(), set()
    results = scope.body(body.queries, placed)
    secured(scope, gathered.relations)
    inside, read = gathered.uses, gathered.relations
    gathered.uses, gathered.relations, gathered.constants, gathered.decisive = outside  # offsets are into the body
    gathered.uses.add(inside)
    gathered.relations |= read
    return results[-1] if results else [CLEAN], frozenset(inside.all())


def secured(scope: Scope, relations: set[Oid]) -> None:
    """A tree that was not rewritten has no row security in it: every policy of what it read, whomever and whatever for,
    filters as one that the server puts in would, and what a policy reads has policies too."""
    seen = set[Oid]()
    while waiting := relations - seen:
        seen |= waiting
        for oid in sorted(waiting):
            relation = scope.ground.snapshot.relations.get(oid)
            if relation is not None and relation.row_security:
                scope.gathered.row_security = True
                if scope.ground.unproven(relation.policies):
                    scope.gathered.unproven((f"policy:{relation.full_name}",))
                scope.choosing(oid, [one for tree in relation.policies for one in scope.ground.stored(tree)])
        relations = relations | scope.gathered.relations


def _placed(ground: Ground, function: Function, node: Node, arguments: Sequence[Value]) -> list[Value] | None:
    """The arguments by parameter: named ones stand as they were written, defaults are missing. None where they do not
    fit."""
    tree = ground.snapshot.routines.facts.get(function.oid, NONE).defaults
    found: list[Value | None] = [None] * len(function.arg_types)
    if tree is not None and not any(_reaches(ground, one) for one in nodes(ground.stored(tree))):
        found[len(found) - len(ground.stored(tree)) :] = [CLEAN] * len(ground.stored(tree))
    for at, (written, value) in enumerate(zip(children(node, "args"), arguments, strict=True)):
        place = number(written, "argnumber") if written.name == "NAMEDARGEXPR" else at
        if not 0 <= place < len(found):
            return None
        found[place] = value
    placed = [value for value in found if value is not None]
    return placed if len(placed) == len(found) else None


def judged(ground: Ground, oid: Oid) -> Behaviour:
    """What a function with an SQL body does: one that reads no table returns what its arguments hold."""
    body = body_of(ground, oid)
    if body is None:
        return Behaviour.OPAQUE
    return Behaviour.BODY if any(_reaches(ground, node) for node in nodes(body.queries)) else Behaviour.CLOSED


def body_of(ground: Ground, oid: Oid) -> Body | None:
    """A function's body, where it is one that is understood. Kept: a tree is read once."""
    if oid not in ground.bodies:
        ground.bodies[oid] = _body(ground, oid)
    found = ground.bodies[oid]
    return found if isinstance(found, Body) else None


def _body(ground: Ground, oid: Oid) -> Body | None:
    if ground.is_unread(oid):
        raise ValueError("tree: a body that was not asked for")
    function = ground.snapshot.functions.get(oid)
    if function is None:
        return None
    try:
        text = ground.texts.get(oid)
        queries = tuple(_flat(ground.stored(function.tree or ""))) if text is None else (text,)
        body = Body(queries, tuple(_shown(queries[-1])) if queries else ())
        return body if _only_reads(body) and _fits(ground, function, body.shown) else None
    except ValueError:  # not a tree that we know
        return None


def _reaches(ground: Ground, node: Node) -> bool:
    """Whether a node may do more than compute from what it holds."""
    kind = ALL.get(node.name)
    if kind is None or not node.children.keys() <= kind.fields:
        return True
    if node.name in ("RANGETBLENTRY", "RTE"):
        return number(node, "rtekind") not in HARMLESS_ENTRIES or bool(node.fields.get("relid"))
    if node.name == "RANGETBLFUNCTION":
        return bool(numbers(node, "funccoltypes"))
    calls = {ground.behaviour(oid)[0] for oid in ground.called(node, kind.call)}
    return bool(ground.unclear(node, kind.call) or calls & REACHING)


def _flat(values: Sequence[object]) -> Iterator[Node]:
    """BEGIN ATOMIC is stored as a list in a list, RETURN as a query."""
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            yield from _flat(value)


def _only_reads(body: Body) -> bool:
    everything = [node for node in nodes(body.queries) if node.name == "QUERY"]
    return all(one.name == "QUERY" for one in body.queries) and all(
        number(one, "commandType") == SELECT and not number(one, "resultRelation") for one in everything
    )


def _shown(query: Node) -> list[Node]:
    return [one for one in children(query, "targetList") if one.fields.get("resjunk") == "false"]


def _fits(ground: Ground, function: Function, shown: Sequence[Node]) -> bool:
    """Whether the rows are the function's as they are: where their types differ from the declared ones the server puts
    casts in, which no stored tree shows. Casts between its own types are harmless, unless somebody made one."""
    if function.result == VOID:
        return True
    found = [type_of(one)[0] for one in shown]
    if found == [function.result]:
        return True
    out_types = ground.snapshot.routines.facts.get(function.oid, NONE).out_types
    wanted: Sequence[Oid] = out_types or (function.result,)
    type_ = ground.snapshot.types.get(function.result)
    if type_ is not None and type_.relation in ground.snapshot.relations and not out_types:
        wanted = [one.type_oid for _, one in sorted(ground.snapshot.relations[type_.relation].columns.items())]
    return len(found) == len(wanted) and all(
        one == other or _casts(ground, Oid(one), other) for one, other in zip(found, wanted, strict=True)
    )


def _casts(ground: Ground, source: Oid, target: Oid) -> bool:
    made = {(one, other) for one, other, _ in ground.snapshot.routines.casts}
    return 0 < source < FIRST_NORMAL_OID and target < FIRST_NORMAL_OID and (source, target) not in made
