"""Stored definitions: which columns a constant in one stands beside, and what shows one to a statement.

A constant meets every column that its tree names, and the column that the tree is for (a default's, a partition key's,
a comment's): nearer than that it is not looked, because a subquery's alias or a join may carry it anywhere in the tree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from proxy.analysis.functions import COUNTERS, is_own
from proxy.analysis.ground import SELECTED_OFFSET, Ground, children, nodes, number, numbers
from proxy.analysis.tree import Node
from proxy.analysis.values import Value, any_of
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Definition, Relation, Snapshot, TypeKind
from proxy.model import Attnum, ColumnId, Oid, Stored

PLACES: Final[Mapping[str, tuple[tuple[Oid, str], ...]]] = {  # function to the columns of which it shows one
    name: tuple((Oid(oid), column) for oid, columns in places.items() for column in columns.split())
    for name, places in {
        "pg_get_expr": {},  # shows what it is given
        "pg_get_constraintdef": {2606: "conbin"},
        "pg_get_indexdef": {2610: "indpred indexprs"},
        "pg_get_partkeydef": {3350: "partexprs"},
        "pg_get_partition_constraintdef": {1259: "relpartbound"},
        "pg_get_viewdef": {2618: "ev_action"},
        "pg_get_ruledef": {2618: "ev_action ev_qual"},
        "pg_get_triggerdef": {2620: "tgqual"},
        "pg_get_functiondef": {1255: "prosqlbody"},
        "pg_get_function_sqlbody": {1255: "prosqlbody"},
        "pg_get_function_arguments": {},  # defaults of arguments meet no column
        "pg_get_function_arg_default": {},
        "pg_get_statisticsobjdef": {3381: "stxexprs"},
        "pg_get_statisticsobjdef_expressions": {3381: "stxexprs"},
        "obj_description": {2609: "description"},
        "col_description": {2609: "description"},
    }.items()
}
COUNTER: Final = "pg_stat_all_tables.seq_scan"
"""Stands for every counter of what was read and run."""
SESSIONS: Final[Mapping[str, Mapping[int, str]]] = {  # function to its rows' columns that hold data, as views' columns
    "pg_stat_get_activity": {6: "pg_stat_activity.query"},
    "pg_prepared_statement": {2: "pg_prepared_statements.statement"},
    "pg_cursor": {2: "pg_cursors.statement"},
    "pg_prepared_xact": {2: "pg_prepared_xacts.gid"},
    "pg_lock_status": {8: "pg_locks.classid", 9: "pg_locks.objid", 10: "pg_locks.objsubid"},  # keys of advisory locks
}
READ_OF_ROWS: Final = {  # information_schema's functions of whole catalog rows to the columns that they read
    "_pg_truetypid": frozenset({"atttypid", "typtype", "typbasetype"}),
    "_pg_truetypmod": frozenset({"atttypmod", "typtype", "typtypmod"}),
}
OF_ROWS: Final = frozenset({Oid(1247), Oid(1249)})  # pg_type, pg_attribute
SHOWN: Final = frozenset({*PLACES, *SESSIONS}) | COUNTERS
BESIDE: Final = {  # held twice: as a tree and as the server shows it, or as two parts of one
    (Oid(1247), "typdefaultbin"): (Oid(1247), "typdefault"),
    (Oid(2618), "ev_action"): (Oid(2618), "ev_qual"),
}
NAMES: Final = frozenset({24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191})  # reg*: they name an object
WRITTEN: Final = ("insertedCols", "updatedCols")
SEVEN: Final = b"\7" + bytes(7)
"""The datum of an int4, as little-endian servers print it; on others the case is not seen, and refused."""
SHOWS_WHAT_IT_IS_GIVEN: Final = "pg_get_expr"


def function_of(ground: Ground, node: Node, oid: Oid) -> str | None:
    """The function of pg_catalog that shows definitions, where a node calls one."""
    function = ground.snapshot.functions.get(oid)
    if function is None or oid >= FIRST_NORMAL_OID or node.name != "FUNCEXPR":
        return None
    if function.name == "substring" and _is_check_clause(ground, node):
        return SHOWS_WHAT_IT_IS_GIVEN
    return function.name if function.name in SHOWN | READ_OF_ROWS.keys() and is_own(function) else None


def _is_check_clause(ground: Ground, node: Node) -> bool:
    """substring(pg_get_constraintdef(…), 7), as the view information_schema.check_constraints had it up to 16: of no
    kind of constraint is there a quote or a digit in the first six characters, so that no literal is cut. A constant
    without a location is a view's: that of a statement may be another one under the same template."""
    arguments = children(node, "args")
    if [one.name for one in arguments] != ["FUNCEXPR", "CONST"]:
        return False
    inner, start = arguments
    called = ground.snapshot.functions.get(Oid(number(inner, "funcid")))
    seven = start.fields.get("constvalue") == SEVEN and number(start, "location") == -1
    return seven and called is not None and called.name == "pg_get_constraintdef" and is_own(called)


def shown(ground: Ground, function: str, arguments: Sequence[Value]) -> Value:
    """The value of a call that shows a definition: one of those that the catalog holds, unchanged, as long as nothing
    but the catalog chooses which one."""
    given = any_of(arguments)
    if function in READ_OF_ROWS:
        read = frozenset(column for column in given.sources if _is_read(ground.snapshot, function, column))
        return Value(computed=read, opaque=given.opaque)
    if function in SESSIONS:
        return Value(computed=frozenset(_held(ground, function).values()) | given.sources, opaque=given.opaque)
    columns = frozenset((_view_column(ground, COUNTER),)) if function in COUNTERS else frozenset[ColumnId]()
    places = (_column(ground.snapshot, place) for place in PLACES.get(function, ()))
    columns |= frozenset(column for column in places if column is not None)
    if given.opaque or any(column.relation >= FIRST_NORMAL_OID for column in given.sources):
        return Value(computed=columns | given.sources, opaque=given.opaque)
    return Value(direct=columns | given.sources)


def _is_read(snapshot: Snapshot, function: str, column: ColumnId) -> bool:
    """Whether a function of whole catalog rows depends on a column of what it is given."""
    relation = snapshot.relations.get(column.relation)
    known = relation.columns.get(column.attnum) if relation is not None and column.relation in OF_ROWS else None
    return known is None or known.name in READ_OF_ROWS[function]


def row_column(ground: Ground, parts: Sequence[Node], attnum: Attnum) -> Value | None:
    """A column of the rows of a function that shows what sessions do; None for any other, and for the whole row."""
    calls = children(parts[0], "funcexpr") if len(parts) == 1 else []
    if len(calls) != 1 or calls[0].name != "FUNCEXPR" or attnum <= 0:
        return None
    name = function_of(ground, calls[0], Oid(number(calls[0], "funcid")))
    if name is None or name not in SESSIONS:
        return None
    if any(one.name not in ("CONST", "PARAM") for one in children(calls[0], "args")):
        return None
    held = _held(ground, name).get(attnum)
    return Value() if held is None else Value(direct=frozenset((held,)))


def _held(ground: Ground, function: str) -> Mapping[int, ColumnId]:
    """Which columns of a function's rows hold data."""
    return {attnum: _view_column(ground, name) for attnum, name in SESSIONS[function].items()}


def _view_column(ground: Ground, name: str) -> ColumnId:
    """A column of a view of pg_catalog. Raises ValueError where there is none."""
    view, _, column = name.partition(".")
    relation = ground.snapshot.relation_named("pg_catalog", view)
    place = None if relation is None else _column(ground.snapshot, (relation.oid, column))
    if place is None:
        raise ValueError(f"catalog: no {name}")
    return place


def stored(snapshot: Snapshot) -> tuple[Stored, ...]:
    """Every definition in which a constant stands beside a column, and every other whose texts are known."""
    ground, users = Ground(snapshot), _users(snapshot)
    found: list[Stored] = []
    for one in snapshot.definitions:
        meets = _meets(ground, one, users)
        found += [Stored(place, meets, one.texts) for place in _places(snapshot, (one.catalog, one.column))]
    for relation in snapshot.relations.values():
        if relation.view is not None:
            found += _from_tree(ground, (Oid(2618), "ev_action"), relation, relation.view)
    for function in snapshot.functions.values():
        if function.tree is not None:
            found += _from_tree(ground, (Oid(1255), "prosqlbody"), None, function.tree)
    return tuple(found)


def _from_tree(ground: Ground, place: tuple[Oid, str], relation: Relation | None, tree: str) -> Iterator[Stored]:
    held = Definition(place[0], place[1], relation.oid if relation is not None else Oid(0), tree=tree)
    meets = _meets(ground, held, {})
    if meets:
        yield from (Stored(column, meets) for column in _places(ground.snapshot, place))


def _meets(ground: Ground, one: Definition, users: Mapping[Oid, frozenset[ColumnId]]) -> frozenset[ColumnId]:
    relation = ground.snapshot.relations.get(one.relation)
    everything = frozenset(ColumnId(one.relation, attnum) for attnum in relation.columns) if relation else frozenset()
    belongs = frozenset(ColumnId(one.relation, attnum) for attnum in one.attnums)
    if any(column.attnum <= 0 for column in belongs):
        belongs = everything
    belongs = (belongs if one.relation else frozenset()) | users.get(one.type_oid, frozenset())
    if one.tree is None:
        return belongs
    try:
        found = list(nodes(ground.stored(one.tree)))
        if not any(_is_constant(node) for node in found):
            return frozenset()
        return belongs | _own(found, one, relation) | _named(found)
    except ValueError:
        return belongs | everything or frozenset((ColumnId(one.relation, Attnum(0)),))


def _is_constant(node: Node) -> bool:
    """A constant that may be data: neither NULL nor the name of an object."""
    return node.name == "CONST" and node.fields.get("constisnull") == "false" and number(node, "consttype") not in NAMES


def _own(found: Iterable[Node], one: Definition, relation: Relation | None) -> frozenset[ColumnId]:
    """The relation's own columns: in a view's query the numbers of a Var mean others."""
    if relation is None or one.tree is relation.view:
        return frozenset()
    attnums = {number(node, "varattno") for node in found if node.name == "VAR"}
    if 0 in attnums:
        attnums = set(relation.columns)
    return frozenset(ColumnId(one.relation, Attnum(attnum)) for attnum in attnums if attnum in relation.columns)


def _named(found: Iterable[Node]) -> frozenset[ColumnId]:
    """What a query asks permission for: the columns of every relation that it reads or writes."""
    return frozenset(
        ColumnId(Oid(number(node, "relid")), Attnum(max(bit - SELECTED_OFFSET, 0)))
        for node in found
        if "selectedCols" in node.fields and isinstance(node.fields.get("relid"), int)
        for name in ("selectedCols", *WRITTEN)
        if name in node.fields
        for bit in numbers(node, name)
    )


def _users(snapshot: Snapshot) -> Mapping[Oid, frozenset[ColumnId]]:
    """For each domain the columns that hold values of it, in arrays, composites and domains over it too."""
    domains = {oid for oid, type_ in snapshot.types.items() if type_.kind is TypeKind.DOMAIN}
    found: dict[Oid, set[ColumnId]] = defaultdict(set)
    inside: dict[Oid, frozenset[Oid]] = {}
    for relation in snapshot.relations.values():
        for attnum, column in relation.columns.items():
            if column.type_oid >= FIRST_NORMAL_OID:
                if column.type_oid not in inside:
                    inside[column.type_oid] = _parts(snapshot, column.type_oid) & domains
                for oid in inside[column.type_oid]:
                    found[oid].add(ColumnId(relation.oid, attnum))
    return {oid: frozenset(columns) for oid, columns in found.items()}


def _parts(snapshot: Snapshot, oid: Oid) -> frozenset[Oid]:
    """A type and all that it is made of."""
    found, waiting = set[Oid](), [oid]
    while waiting:
        one = waiting.pop()
        type_ = snapshot.types.get(one)
        if type_ is None or one in found:
            continue
        found.add(one)
        relation = snapshot.relations.get(type_.relation)
        waiting += [
            type_.base,
            type_.element,
            *(each.type_oid for each in (relation.columns if relation else {}).values()),
        ]
    return frozenset(found)


def _places(snapshot: Snapshot, place: tuple[Oid, str]) -> list[ColumnId]:
    both = [place, BESIDE[place]] if place in BESIDE else [place]
    return [column for column in (_column(snapshot, one) for one in both) if column is not None]


def _column(snapshot: Snapshot, place: tuple[Oid, str]) -> ColumnId | None:
    relation = snapshot.relations.get(place[0])
    found = (attnum for attnum, column in (relation.columns if relation else {}).items() if column.name == place[1])
    attnum = next(found, None)
    return None if attnum is None else ColumnId(place[0], attnum)
