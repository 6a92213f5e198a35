"""The range table of one query: what each Var of it stands for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from proxy.analysis import from_functions
from proxy.analysis.equality import compared
from proxy.analysis.expressions import evaluate
from proxy.analysis.gathered import Gathered, known_part
from proxy.analysis.ground import Ground, Views, children, number, only
from proxy.analysis.tree import Node
from proxy.analysis.values import CLEAN, EMPTY, NOTHING, Value, all_of, any_of, mix_of
from proxy.catalog.snapshot import Relation, RelationKind
from proxy.model import Attnum, ColumnId, Oid

QUERIES_DEPTH: Final = 48  # of queries in queries: each takes some ten frames of Python's stack
JOINS_DEPTH: Final = 100  # of joins that merge columns of joins
ROUNDS_MORE: Final = 8
NO_QUERY: Final = Node("QUERY", {}, {})
CTE: Final = 6  # parsenodes.h, RTEKind
Enter: TypeAlias = "Callable[[Node, Scope], list[Value]]"
"""Walks a query inside another one and gives its output columns."""


@dataclass(slots=True)
class Cte:
    """A WITH query. values: its columns, as far as they are known; open: it is being walked."""

    node: Node
    values: list[Value] | None = None
    open: bool = False


@dataclass(slots=True)
class Scope:
    """One query while it is walked."""

    ground: Ground
    gathered: Gathered
    query: Node
    enter: Enter
    parent: "Scope | None" = None
    depth: int = 0
    table: list[Node] = field(default_factory=list)
    outputs: dict[int, list[Value]] = field(default_factory=dict)
    unread: dict[int, list[frozenset[ColumnId]]] = field(default_factory=dict)
    """What may fail in each column of a subquery: noted when something refers to it, for else it is not computed."""
    ctes: list[tuple[str, Cte]] = field(default_factory=list)
    windows: dict[int, Value] = field(default_factory=dict)
    multis: dict[int, list[Value]] = field(default_factory=dict)
    assigned: dict[int, Value] = field(default_factory=dict)
    """By attribute number, what the query puts into its result relation, as far as it is walked."""
    excluded: int = 0
    returning: int = 0
    entered: set[int] = field(default_factory=set)
    joins: int = 0
    arguments: Sequence[Value] | None = None
    """What $1, $2, … stand for in a function's body; None outside of one."""

    def __post_init__(self) -> None:
        self.table = children(self.query, "rtable")
        self.ctes = [(text(node, "ctename"), Cte(node)) for node in children(self.query, "cteList")]
        names = [name for name, _ in self.ctes]
        if len(set(names)) != len(names):  # names that differ in white space alone are read as one
            raise ValueError("tree: two WITH queries of one name")

    def up(self, levels: int) -> "Scope":
        """The scope so many queries further out."""
        scope: Scope | None = self
        while levels > 0 and scope is not None:
            scope, levels = scope.parent, levels - 1
        if scope is None or levels < 0:
            raise ValueError("tree: a level that is not there")
        return scope

    def entry(self, varno: int) -> Node:
        """An entry of the range table."""
        if not 1 <= varno <= len(self.table):
            raise ValueError("tree: a range table entry that is not there")
        return self.table[varno - 1]

    def column(self, level: int, varno: int, attnum: Attnum) -> Value:
        """What a Var stands for."""
        return self.up(level).own_column(varno, attnum)

    def own_column(self, varno: int, attnum: Attnum) -> Value:
        """What a Var of this query itself stands for."""
        entry = self.entry(varno)
        if varno == self.excluded and varno:
            return self._written(entry, attnum, CLEAN)
        if varno == self.returning and varno:
            return self._written(entry, attnum, self._relation(Oid(number(entry, "relid")), attnum))
        match number(entry, "rtekind"):
            case 0 if (view := self.expandable(entry)) is not None:  # RTE_RELATION
                return self._pick(self.expanded(varno, view), attnum)
            case 0:
                return self._relation(Oid(number(entry, "relid")), attnum)
            case 2:  # RTE_JOIN
                return self._aliased(children(entry, "joinaliasvars"), attnum)
            case 9:  # RTE_GROUP
                return self._aliased(children(entry, "groupexprs"), attnum)
            case 3:  # RTE_FUNCTION
                return from_functions.column(self, varno, entry, attnum)
            case 4:  # RTE_TABLEFUNC: every column from all that it was given
                return mix_of(self.columns(varno))
            case _:
                values = self.columns(varno)
                self.note_failing(varno, attnum)
                return self._pick(values, attnum)

    def expandable(self, entry: Node) -> Relation | None:
        """The view that an entry of a function's stored body reads: its own stored query is what the server will put in
        its place (a view has no other rule for SELECT). In a tree that the server has just rewritten a view that is
        still there is none that we understand; neither is one of the server's own."""
        relation = self.ground.snapshot.relations.get(Oid(number(entry, "relid")))
        if relation is None or relation.kind is not RelationKind.VIEW or not relation.view or not self.in_body():
            return None
        return relation

    def expanded(self, varno: int, view: Relation) -> list[Value]:
        """The columns of a view in a function's body, walked anew at each place: what it filters by belongs there."""
        if varno not in self.outputs:
            if varno in self.entered:
                return [self._unproven("cycle")]
            self.entered.add(varno)
            queries = self.ground.stored(view.view or "")
            self.outputs[varno] = self.subquery(queries[0]) if len(queries) == 1 else [self._unproven("tree")]
        return self.outputs[varno]

    def note_failing(self, varno: int, attnum: Attnum) -> None:
        """Something refers to a column of a subquery; 0: to all of them."""
        if (unread := self.unread.get(varno)) is not None:
            self.gathered.computed.update(*(unread if attnum == 0 else unread[attnum - 1 : attnum]))

    def columns(self, varno: int) -> list[Value]:
        """The columns of an entry that is neither relation, join nor group."""
        entry = self.entry(varno)
        if number(entry, "rtekind") == CTE:
            return self.up(number(entry, "ctelevelsup")).cte(text(entry, "ctename"))
        if varno not in self.outputs:
            if varno in self.entered:
                return [self._unproven("cycle")]
            self.entered.add(varno)
            self.outputs[varno] = self._columns(entry)
            if self.gathered.unread:
                self.unread[varno], self.gathered.unread = self.gathered.unread, []
        return self.outputs[varno]

    def _columns(self, entry: Node) -> list[Value]:
        match number(entry, "rtekind"):
            case 1:  # RTE_SUBQUERY
                return self._entered(only(entry, "subquery"))
            case 3:  # RTE_FUNCTION
                return from_functions.columns(self, entry)
            case 4:  # RTE_TABLEFUNC
                return [from_functions.table_function(self, one) for one in children(entry, "tablefunc")]
            case 5:  # RTE_VALUES
                return self._values(entry)
            case 8:  # RTE_RESULT
                return []
            case kind:
                return [self._unproven(f"rtekind:{kind}")]

    def _relation(self, oid: Oid, attnum: Attnum) -> Value:
        relation = self.ground.snapshot.relations.get(oid)
        if relation is None:
            return self._unproven(f"relation-unknown:{oid}")
        if relation.kind is RelationKind.VIEW and (relation.view or self.ground.views is Views.OPAQUE):
            return self._pick(self._view(relation), attnum)
        if attnum == 0:
            return mix_of(self._relation(oid, one) for one in relation.columns)
        if attnum > 0 and attnum not in relation.columns:
            return self._unproven(f"column-unknown:{relation.full_name}.{attnum}")
        column = ColumnId(oid, attnum)
        self.gathered.reads.add(column)
        if attnum < 0 or not relation.columns[attnum].generated:
            return Value(frozenset((column,)))
        made_of = self.ground.generated(relation).get(attnum, NOTHING)
        self.gathered.reads |= made_of
        return Value(frozenset((column,)), made_of)

    def _written(self, entry: Node, attnum: Attnum, stored: Value) -> Value:
        """A column of a row that the query itself writes (RETURNING), or was to write (excluded)."""
        relation = self.ground.snapshot.relations.get(Oid(number(entry, "relid")))
        if relation is None or attnum == 0:
            return mix_of([stored, *self.assigned.values()])
        made_of = [self.assigned[one.attnum] for one in self.made_of(relation, attnum) if one.attnum in self.assigned]
        return all_of([stored, self.assigned.get(attnum, CLEAN), mix_of(made_of)])

    def made_of(self, relation: Relation, attnum: Attnum) -> frozenset[ColumnId]:
        """The columns that a generated column is computed from."""
        return self.ground.generated(relation).get(attnum, NOTHING)

    def _view(self, relation: Relation) -> list[Value]:
        """The columns of a view that the server has not expanded."""
        if self.ground.views is Views.OPAQUE or relation.view is None:
            return [self._unproven(f"view:{relation.full_name}")] * max(relation.columns, default=0)
        views = self.gathered.views
        if relation.oid not in views:
            views[relation.oid] = []  # a view that holds itself has no columns
            queries = self.ground.stored(relation.view)
            views[relation.oid] = self.subquery(queries[0]) if len(queries) == 1 else []
        return views[relation.oid]

    def _aliased(self, expressions: list[Node], attnum: Attnum) -> Value:
        """A column that stands for an expression over other entries: of a join, of GROUP BY."""
        if self.joins >= JOINS_DEPTH:
            return self._unproven("depth")
        self.joins += 1
        try:
            if attnum == 0:
                return mix_of([evaluate(self, one) for one in expressions])
            if not 1 <= attnum <= len(expressions):
                return self._unproven("column-missing")
            return evaluate(self, expressions[attnum - 1])
        finally:
            self.joins -= 1

    def _pick(self, values: list[Value], attnum: Attnum) -> Value:
        if attnum == 0:
            return mix_of(values)
        return values[attnum - 1] if 1 <= attnum <= len(values) else self._unproven("column-missing")

    def _values(self, entry: Node) -> list[Value]:
        rows = entry.children.get("values_lists")
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise ValueError("tree: VALUES without rows")
        evaluated = [[evaluate(self, one) for one in row] for row in rows]
        return [any_of(column) for column in zip(*evaluated, strict=True)]

    def subquery(self, query: Node) -> list[Value]:
        """The output columns of a query inside this one, each of which is computed."""
        found = self._entered(query)
        self.gathered.read_all()
        return found

    def _entered(self, query: Node) -> list[Value]:
        if self.depth >= QUERIES_DEPTH:
            return [self._unproven("depth")]
        if query.name != "QUERY":
            return [self._unproven(f"node:{query.name}")]
        return self.enter(query, self)

    def cte(self, name: str) -> list[Value]:
        """The columns of one of this query's WITH queries. A recursive one is walked until nothing changes."""
        found = next((one for own, one in self.ctes if own == name), None)
        if found is None:
            raise ValueError("tree: a WITH query that is not there")
        if found.open:
            if found.node.fields.get("cterecursive") != "true":
                return [self._unproven("cycle")]
            return found.values or [EMPTY] * self._width(found.node)
        if found.values is None:
            found.open = True
            self._settle(found)
            found.open = False
        return found.values or []

    def _settle(self, cte: Cte) -> None:
        """A fixpoint: values only grow, and there are as many steps as columns that can hand theirs on."""
        query = only(cte.node, "ctequery")
        for node in (cte.node, *children(cte.node, "search_clause"), *children(cte.node, "cycle_clause")):
            known_part(self.gathered, node)
        cte.values = [EMPTY] * self._width(cte.node)
        for _ in range(2 * len(cte.values) + ROUNDS_MORE):
            before, cte.values = cte.values, self.subquery(query)
            if before == cte.values or cte.node.fields.get("cterecursive") != "true":
                return
        cte.values = [self._unproven("recursion")] * len(cte.values)

    def _width(self, node: Node) -> int:
        names = node.fields.get("ctecolnames")
        return len(names) if isinstance(names, list) else 0

    def window(self, reference: int) -> Value:
        """What the rows of a window are chosen and ordered by."""
        return self.windows.get(reference, CLEAN) if reference in self.windows else self._unproven("window")

    def multi(self, sublink: int, column: int) -> Value:
        """What a sublink of UPDATE … SET (a, b) = (SELECT …) gives."""
        return self._pick(self.multis.get(sublink, []), Attnum(column))

    def argument(self, position: int) -> Value:
        """What $n stands for: the client's own parameter, or in a function's body the call's argument."""
        arguments = self._arguments()
        if arguments is None:
            return CLEAN
        return arguments[position - 1] if 1 <= position <= len(arguments) else self._unproven("argument-missing")

    def in_body(self) -> bool:
        """Whether $n is the argument of a call, and not the client's."""
        return self._arguments() is not None

    def _arguments(self) -> Sequence[Value] | None:
        scope: Scope | None = self
        while scope is not None and scope.arguments is None:
            scope = scope.parent
        return scope.arguments if scope is not None else None

    def body(self, queries: Sequence[Node], arguments: Sequence[Value]) -> list[list[Value]]:
        """The output columns of each query of a function's body. It sees nothing of the query that calls it."""
        if self.depth >= QUERIES_DEPTH:
            return [[self._unproven("depth")]]
        caller = Scope(
            ground=self.ground,
            gathered=self.gathered,
            query=NO_QUERY,
            enter=self.enter,
            depth=self.depth,
            arguments=arguments,
        )
        return [caller.subquery(query) for query in queries]

    def choosing(self, relation: Oid, conditions: Sequence[Node]) -> None:
        """Conditions over the rows of a relation that stand in the catalog: what they read filters."""
        rows = Node("RANGETBLENTRY", {"rtekind": 0, "relid": relation}, {})
        own = Scope(
            ground=self.ground,
            gathered=self.gathered,
            query=Node("QUERY", {}, {"rtable": [rows]}),
            enter=self.enter,
            depth=self.depth,
            arguments=(),
        )
        found, otherwise = compared(own, conditions)
        self.gathered.uses.filtered |= found
        self.gathered.uses.otherwise |= otherwise

    def _unproven(self, reason: str) -> Value:
        return Value(opaque=self.gathered.unproven((reason,)))


def text(node: Node, field: str) -> str:
    """A field that is a name. Raises ValueError where it is not there."""
    value = node.fields.get(field)
    if not isinstance(value, str):
        raise ValueError(f"tree: {node.name} has no name {field}")
    return value
