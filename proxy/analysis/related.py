"""Columns that hold the values of others without a statement that says so: generated ones, views, inheritance."""

from collections import defaultdict
from collections.abc import Mapping

from proxy.analysis.gathered import Gathered
from proxy.analysis.ground import Ground, Views, children
from proxy.analysis.query import walk
from proxy.analysis.values import Value, opaque
from proxy.catalog.snapshot import Relation, Snapshot
from proxy.model import ColumnId, Oid


def derived_columns(snapshot: Snapshot) -> Mapping[ColumnId, frozenset[ColumnId]]:
    """For each generated column and each column of a view or materialized view, every column that its values come
    from, through views over views down to tables."""
    return {column: sources for column, (sources, _) in _derived(snapshot).items()}


def unproven_columns(snapshot: Snapshot) -> frozenset[ColumnId]:
    """Derived columns whose stored tree is not understood, or calls functions that are not proven: they may hold
    anything."""
    return frozenset(column for column, (_, reasons) in _derived(snapshot).items() if reasons)


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


def _derived(snapshot: Snapshot) -> Mapping[ColumnId, tuple[frozenset[ColumnId], bool]]:
    """Sources, and whether they are all that is known."""
    ground = Ground(snapshot, views=Views.EXPAND)
    direct: dict[ColumnId, tuple[frozenset[ColumnId], bool]] = {}
    for relation in snapshot.relations.values():
        for attnum, sources in ground.generated(relation).items():
            unproven = ground.unproven((relation.columns[attnum].expression or "",))
            direct[ColumnId(relation.oid, attnum)] = sources, unproven
        if relation.view is not None:
            for attnum, value in zip(sorted(relation.columns), _columns(ground, relation), strict=True):
                direct[ColumnId(relation.oid, attnum)] = value.sources, bool(value.opaque)
    return {column: _closed(column, direct) for column in direct}


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


def _closed(
    column: ColumnId, direct: Mapping[ColumnId, tuple[frozenset[ColumnId], bool]]
) -> tuple[frozenset[ColumnId], bool]:
    """All that a column comes from, through derived columns in between."""
    found, waiting, unproven = set[ColumnId](), [column], False
    while waiting:
        sources, reason = direct.get(waiting.pop(), (frozenset[ColumnId](), False))
        unproven |= reason
        waiting += sources - found
        found |= sources
    return frozenset(found), unproven
