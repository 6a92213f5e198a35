"""What is the same for every statement over one snapshot: functions, types, generated columns, stored definitions."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cached_property
from typing import Final

from proxy.analysis.functions import Behaviour
from proxy.analysis.judging import judge
from proxy.analysis.nodes import ALL, Call
from proxy.analysis.result_types import oid_of
from proxy.analysis.tree import Node, TreeReader
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Relation, RelationKind, Snapshot, Type, TypeKind, Volatility
from proxy.model import Attnum, ColumnId, Oid

BODIED: Final = frozenset({"FUNCEXPR", "OPEXPR"})
"""Nodes at which a call of a function with a known body is walked; anywhere else it is opaque."""
RECORD: Final = 2249  # pg_type.dat
UNSTORED: Final = frozenset({Behaviour.STATEFUL, Behaviour.BODY})
"""What is proven in a statement, where its arguments are known, and not in a stored expression."""
NEXTVAL: Final = Oid(1574)  # pg_proc.dat, nextval(regclass)
COMPILED: Final = frozenset({"c", "internal"})
"""Languages of which only superusers make functions. What such a one does where it is called by name is not known; one
that a superuser made an operator class's or a range's compares values, and types like PostGIS's have no others."""
SELECTED_OFFSET: Final = 7  # access/sysattr.h, FirstLowInvalidHeapAttributeNumber: selectedCols counts from there


def nodes(values: Iterable[object]) -> Iterator[Node]:
    """Every node in them, from the outside to the inside."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, Node):
            yield value
            waiting.extend(value.children.values())
        elif isinstance(value, list):
            waiting.extend(value)


class Views(Enum):
    """What a view is that a tree reads as it stands."""

    OPAQUE = "opaque"  # the server has expanded all: this one is not what we think
    EXPAND = "expand"  # its own tree, in the catalog, is walked: for trees that the catalog holds


class Ground:
    """One snapshot, and what was found out about it so far. trusted: functions that the rules call harmless."""

    def __init__(self, snapshot: Snapshot, trusted: frozenset[Oid] = frozenset(), views: Views = Views.OPAQUE) -> None:
        self.snapshot, self.views = snapshot, views
        self._trusted = trusted
        self.texts: dict[Oid, Node | None] = {}
        """By function, the tree of an SQL body that is stored as a text; None: it has none that is proof (texts.py)."""
        self.bodies: dict[Oid, object] = {}
        """By function, its SQL body (bodies.py), None where there is none that is understood."""
        self._reader = TreeReader()
        self._behaviours: dict[Oid, tuple[Behaviour, str]] = {}
        self._domains: dict[Oid, str | None] = {}
        self._inputs: dict[Oid, str | None] = {}
        self._generated: dict[Oid, Mapping[Attnum, frozenset[ColumnId]]] = {}
        self._hazards: dict[Oid, frozenset[str]] = {}
        self._supports: dict[Oid, str | None] = {}

    def stored(self, tree: str) -> tuple[Node, ...]:
        """The nodes of a tree in the catalog. Raises ValueError where it cannot be read."""
        return self._reader.stored(tree.encode("utf-8", "surrogateescape"))

    def behaviour(self, oid: Oid) -> tuple[Behaviour, str]:
        """What a function does, and the reason that goes with it where it is opaque."""
        if oid not in self._behaviours:
            if self.is_unread(oid):
                return Behaviour.OPAQUE, f"function:{self.snapshot.functions[oid].full_name}"  # until it is read
            self._behaviours[oid] = self._behaviour(oid)
        return self._behaviours[oid]

    def is_unread(self, oid: Oid) -> bool:
        """Whether a function's SQL body is a text for which the server was not asked."""
        function = self.snapshot.functions.get(oid)
        untrusted = function is not None and oid not in self._trusted and oid not in self.texts
        return untrusted and function is not None and function.body is not None and function.tree is None

    @cached_property
    def made_names(self) -> frozenset[str]:
        """Names of functions and types that somebody made, in whatever schema."""
        functions = {one.name for one in self.snapshot.functions.values() if one.oid >= FIRST_NORMAL_OID}
        return frozenset(functions | {one.name for one in self.snapshot.types.values() if one.oid >= FIRST_NORMAL_OID})

    @cached_property
    def rivals(self) -> frozenset[Oid]:
        """The server's own operators whose names somebody's operators have too."""
        return frozenset(self.snapshot.routines.rivals)

    def _behaviour(self, oid: Oid) -> tuple[Behaviour, str]:
        function = self.snapshot.functions.get(oid)
        if function is None:
            return Behaviour.OPAQUE, f"function-unknown:{oid}"
        self._behaviours[oid] = Behaviour.OPAQUE, f"function-recursive:{oid}"  # while it is judged
        known = Behaviour.CLOSED if oid in self._trusted else judge(self, function)
        return known, f"function:{function.full_name}"

    def changes_state(self, oid: Oid) -> bool:
        """Whether a call by itself may leave something behind: in the session, in the server, outside."""
        function, known = self.snapshot.functions.get(oid), self.behaviour(oid)[0]
        unknown = function is None or function.volatility is Volatility.VOLATILE
        return known is Behaviour.STATEFUL or (known is Behaviour.OPAQUE and unknown)

    def json_casts(self) -> str | None:
        """Why turning a value into json may run code that is not proven."""
        target = {Oid(114), Oid(3802)}  # pg_type.dat, json and jsonb
        casts = [function for _, other, function in self.snapshot.routines.casts if other in target]
        return "json-cast" if any(self.behaviour(one)[0] is not Behaviour.CLOSED for one in casts) else None

    def support(self, oid: Oid) -> str | None:
        """Why comparing, sorting, hashing or ranging values of a type may run code that is not proven."""
        if oid not in self._supports:
            self._supports[oid] = None  # a type cannot hold itself
            self._supports[oid] = self._support(oid)
        return self._supports[oid]

    def _support(self, oid: Oid) -> str | None:
        type_ = self.snapshot.types.get(oid)
        if type_ is None:
            return None
        for one in self.snapshot.routines.supports.get(oid, ()):
            function = self.snapshot.functions.get(one)
            compiled = function is not None and function.language in COMPILED
            if not compiled and self.behaviour(one)[0] is not Behaviour.CLOSED:
                return f"support:{type_.full_name}"
        relation = self.snapshot.relations.get(type_.relation)
        inside = [column.type_oid for column in relation.columns.values()] if relation else []
        found = (self.support(one) for one in (type_.base, type_.element, *inside) if one)
        return next((reason for reason in found if reason), None)

    def unsupported(self, node: Node) -> list[str]:
        """The same of the type of an expression: the server calls a type's support functions without naming them."""
        if not self.snapshot.routines.supports:
            return []
        reason = self.support(Oid(oid_of(node)))
        return [reason] if reason else []

    def input(self, oid: Oid) -> str | None:
        """Why text cannot be turned into a value of that type without running code that is not proven."""
        if oid not in self._inputs:
            self._inputs[oid] = f"type-recursive:{oid}"  # a type cannot hold itself, but a snapshot might say so
            self._inputs[oid] = self._input(oid)
        return self._inputs[oid]

    def _input(self, oid: Oid) -> str | None:
        type_ = self.snapshot.types.get(oid)
        if type_ is None:
            return f"type-unknown:{oid}"
        parts = self._parts(type_)
        if parts is None:
            return f"type:{type_.full_name}"
        reasons = (self.domain(oid), *(self.input(part) for part in parts))
        return next((reason for reason in reasons if reason), None)

    def _parts(self, type_: Type) -> tuple[Oid, ...] | None:
        """The types whose input functions a type's own one calls; None where it may call anything."""
        match type_.kind:
            case TypeKind.DOMAIN:
                return (type_.base,)
            case TypeKind.ENUM:
                return ()
            case TypeKind.RANGE | TypeKind.MULTIRANGE:
                return (type_.element,)
            case TypeKind.COMPOSITE:
                relation = self.snapshot.relations.get(type_.relation)
                return None if relation is None else tuple(column.type_oid for column in relation.columns.values())
            case TypeKind.BASE if type_.category == "A" and type_.length == -1:
                return (type_.element,)
            case TypeKind.BASE if type_.oid < FIRST_NORMAL_OID:
                return ()
            case TypeKind.BASE if self.behaviour(type_.input)[0] is Behaviour.CLOSED:
                return ()  # of an extension that was read
            case _:
                return None

    def domain(self, oid: Oid) -> str | None:
        """Why a domain's checks are not proven; None where they are, or where the type is no domain."""
        if oid not in self._domains:
            self._domains[oid] = f"type-recursive:{oid}"
            self._domains[oid] = self._domain(oid)
        return self._domains[oid]

    def _domain(self, oid: Oid) -> str | None:
        type_ = self.snapshot.types.get(oid)
        if type_ is None:
            return f"type-unknown:{oid}"
        if type_.kind is not TypeKind.DOMAIN:
            return None
        if self.unproven(type_.checks):
            return f"domain:{type_.full_name}"
        return self.domain(type_.base)

    def unproven(self, trees: Iterable[str]) -> bool:
        """Whether stored expressions hold anything that is not understood, or call anything that is not closed."""
        try:
            return any(self._suspect(node) for tree in trees for node in nodes(self.stored(tree)))
        except ValueError:
            return True

    def _suspect(self, node: Node) -> bool:
        kind = ALL.get(node.name)
        if kind is None or not node.children.keys() <= kind.fields or node.name == "QUERY":
            return True
        calls = (self.behaviour(oid)[0] for oid in self.called(node, kind.call))
        return bool(self.unclear(node, kind.call)) or not UNSTORED.isdisjoint(calls)

    def unclear(self, node: Node, call: Call) -> list[str]:
        """Reasons why what a node calls is not proven. What is stateful is for the caller to judge."""
        match call:
            case Call.NONE:
                return []
            case Call.INPUT:
                found = [self.input(Oid(number(node, "resulttype")))]
            case Call.RETURNING:
                found = [self.input(Oid(number(node, "typid")))]
            case Call.JSON:
                found = [self.json_casts()]
            case Call.DOMAIN:
                found = [self.domain(Oid(number(node, "resulttype")))]
            case _:
                found = [self._unproven_call(node, oid) for oid in self.called(node, call)]
        return [reason for reason in found if reason]

    def _unproven_call(self, node: Node, oid: Oid) -> str | None:
        known, reason = self.behaviour(oid)
        if known is Behaviour.RECORDS:
            result = Oid(number(node, "funcresulttype"))
            return None if result == RECORD else self.input(result)  # a record's types stand in the range table
        if known is Behaviour.BODY:
            return None if node.name in BODIED else reason
        return reason if known is Behaviour.OPAQUE else None

    def called(self, node: Node, call: Call) -> tuple[Oid, ...]:
        """The functions that a node calls by their OID or their operator's."""
        match call:
            case Call.FUNCID | Call.AGGFNOID | Call.WINFNOID:
                return (Oid(number(node, call.value)),)
            case Call.OPNO:
                return (Oid(number(node, "opfuncid")) or self.operator(number(node, "opno")),)
            case Call.OPNOS:
                return tuple(self.operator(one) for one in numbers(node, "opnos"))
            case Call.SORT:
                return tuple(self.operator(one) for one in (number(node, "eqop"), number(node, "sortop")) if one)
            case Call.SAMPLE:
                return (Oid(number(node, "tsmhandler")),)
            case Call.SEQUENCE:
                return (NEXTVAL,)
            case _:
                return ()

    def operator(self, oid: int) -> Oid:
        """The function behind an operator; one that does not exist where it is unknown."""
        return self.snapshot.operators.get(Oid(oid), Oid(0))

    def generated(self, relation: Relation) -> Mapping[Attnum, frozenset[ColumnId]]:
        """For each generated column of a relation the columns of its expression. An expression that cannot be read
        depends on all of them."""
        if relation.oid not in self._generated:
            self._generated[relation.oid] = {
                attnum: self._columns_of(relation, column.expression)
                for attnum, column in relation.columns.items()
                if column.generated
            }
        return self._generated[relation.oid]

    def _columns_of(self, relation: Relation, tree: str | None) -> frozenset[ColumnId]:
        everything = frozenset(ColumnId(relation.oid, attnum) for attnum in relation.columns)
        try:
            found = {
                number(node, "varattno") for node in nodes(self.stored(tree or "")) if node.name == "VAR"
            }  # of the relation itself: no other can stand there
        except ValueError:
            return everything
        return everything if 0 in found else frozenset(ColumnId(relation.oid, Attnum(one)) for one in found)

    def hazards(self, oid: Oid) -> frozenset[str]:
        """Reasons why a write to a relation may run what is not proven, in it, below it, or along foreign keys."""
        if oid not in self._hazards:
            found, seen, waiting = set[str](), {oid}, [oid]
            while waiting:
                relation = self.snapshot.relations.get(waiting.pop())
                if relation is None:
                    found.add(f"relation-unknown:{oid}")
                    continue
                found |= self._hazards_of(relation)
                more = {*relation.children, *relation.cascades, *self._above(relation)} - seen
                seen |= more
                waiting.extend(more)
            self._hazards[oid] = frozenset(found)
        return self._hazards[oid]

    def _above(self, relation: Relation) -> tuple[Oid, ...]:
        """A partitioned table's row that is updated may move to another partition."""
        return relation.parents if relation.is_partition else ()

    def _hazards_of(self, relation: Relation) -> set[str]:
        found = set[str]()
        if relation.has_triggers or relation.kind is RelationKind.VIEW:
            found.add(f"trigger:{relation.full_name}")
        generated = [column.expression or "" for column in relation.columns.values() if column.generated]
        if self.unproven((*relation.expressions, *generated)):
            found.add(f"expression:{relation.full_name}")
        return found


def number(node: Node, field: str) -> int:
    """A field that is a number. Raises ValueError where it is not there: then the tree is not what we know."""
    value = node.fields.get(field)
    if isinstance(value, int):
        return value
    raise ValueError(f"tree: {node.name} has no number {field}")


def numbers(node: Node, field: str) -> list[int]:
    """A field that is a list of numbers; none where it is null."""
    value = node.fields.get(field)
    if value is None and field in node.fields:
        return []
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        raise ValueError(f"tree: {node.name} has no numbers {field}")
    return value


def children(node: Node, field: str) -> list[Node]:
    """A field that holds nodes, as a list; none where it is null or missing."""
    value = node.children.get(field)
    if isinstance(value, Node):
        return [value]
    if value is None and not isinstance(node.fields.get(field), list):
        return []
    if isinstance(value, list):
        for one in value:
            if not isinstance(one, Node):
                break
        else:
            return value
    raise ValueError(f"tree: {node.name} has something else than nodes in {field}")


def only(node: Node, field: str) -> Node:
    """A field that holds one node. Raises ValueError where it does not."""
    found = children(node, field)
    if len(found) != 1:
        raise ValueError(f"tree: {node.name} has not one node in {field}")
    return found[0]
