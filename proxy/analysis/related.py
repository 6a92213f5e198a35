"""Columns that hold the values of others without a statement that says so: generated ones, views, inheritance."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from proxy.analysis.gathered import Gathered
from proxy.analysis.ground import Ground, Views, children
from proxy.analysis.query import walk
from proxy.analysis.values import Value, opaque
from proxy.catalog.snapshot import Relation, Snapshot
from proxy.model import ColumnId, Oid


class Derivation(msgspec.Struct, frozen=True):
    """Where a derived column's values come from, through views over views down to tables. unproven: a stored tree on
    the way is not understood, or calls functions that are not proven: the column may hold anything. direct: the columns
    whose unchanged values it holds, none where it is computed on the way."""

    sources: frozenset[ColumnId]
    unproven: bool = False
    direct: frozenset[ColumnId] = frozenset()


def derivations(snapshot: Snapshot) -> Mapping[ColumnId, Derivation]:
    """Of each generated column and each column of a view or materialized view. Takes half a millisecond a view."""
    ground = Ground(snapshot, views=Views.EXPAND)
    found: dict[ColumnId, Derivation] = {}
    for relation in snapshot.relations.values():
        for attnum, sources in ground.generated(relation).items():
            unproven = ground.unproven((relation.columns[attnum].expression or "",))
            found[ColumnId(relation.oid, attnum)] = Derivation(sources, unproven)
        if relation.view is not None:
            for attnum, value in zip(sorted(relation.columns), _columns(ground, relation), strict=True):
                direct = value.direct if not value.computed and not value.opaque else frozenset[ColumnId]()
                found[ColumnId(relation.oid, attnum)] = Derivation(value.sources, bool(value.opaque), direct)
    return {column: _closed(column, found) for column in found}


def derived_columns(snapshot: Snapshot) -> Mapping[ColumnId, frozenset[ColumnId]]:
    """Derived columns with every column that their values come from."""
    return {column: one.sources for column, one in derivations(snapshot).items()}


def unproven_columns(snapshot: Snapshot) -> frozenset[ColumnId]:
    """Derived columns that may hold anything."""
    return frozenset(column for column, one in derivations(snapshot).items() if one.unproven)


def related_columns(snapshot: Snapshot) -> Mapping[ColumnId, frozenset[ColumnId]]:
    """For each column of a partition or of a relation that inherits or is inherited from, the same column above and
    below: those that read it too, or that it reads."""
    found: dict[ColumnId, set[ColumnId]] = defaultdict(set)
    for relation in snapshot.relations.values():
        names = {column.name: ColumnId(relation.oid, attnum) for attnum, column in relation.columns.items()}
        for descendant in _below(snapshot, relation):
            for attnum, column in descendant.columns.items():
                if (above := names.get(column.name)) is not None:
                    below = ColumnId(descendant.oid, attnum)
                    found[above].add(below)
                    found[below].add(above)
    return {column: frozenset(others) for column, others in found.items()}


def _below(snapshot: Snapshot, relation: Relation) -> list[Relation]:
    """Every descendant once."""
    found, waiting = dict[Oid, Relation](), list(relation.children)
    while waiting:
        child = snapshot.relations.get(waiting.pop())
        if child is not None and child.oid not in found:
            found[child.oid] = child
            waiting += child.children
    return list(found.values())


def _columns(ground: Ground, view: Relation) -> list[Value]:
    """The columns of a view's stored query. One that cannot be walked is opaque in all of them."""
    gathered = Gathered()
    try:
        queries = ground.stored(view.view or "")
        found = [value for query in queries for value in walk(query, ground, gathered)]
        shown = [one for query in queries for one in children(query, "targetList")]
    except (ValueError, RecursionError):
        found, shown = [], []
    if len(found) != len(view.columns) or not shown:
        return [Value(computed=frozenset(gathered.reads), opaque=opaque("tree").opaque)] * len(view.columns)
    return found


def _closed(column: ColumnId, known: Mapping[ColumnId, Derivation]) -> Derivation:
    """All that a column comes from, through derived columns in between."""
    found, waiting, unproven = set[ColumnId](), [column], False
    while waiting:
        step = known.get(waiting.pop().whole)  # a part of a derived document comes from where that comes from
        if step is not None:
            unproven |= step.unproven
            waiting += step.sources - found
            found |= step.sources
    return Derivation(frozenset(found), unproven, _unchanged(column, known))


def _unchanged(column: ColumnId, known: Mapping[ColumnId, Derivation]) -> frozenset[ColumnId]:
    """The columns of tables whose unchanged values a column holds; none where one step of the way computes."""
    found, seen, waiting = set[ColumnId](), set[ColumnId](), [column]
    while waiting:
        each = waiting.pop()
        step = known.get(each)
        if step is None:
            found.add(each)
        elif not step.direct:
            return frozenset()
        elif each not in seen:
            seen.add(each)
            waiting += step.direct
    return frozenset(found)
