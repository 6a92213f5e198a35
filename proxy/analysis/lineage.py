"""From a Var to the expressions behind it: through joins, groups, subqueries, WITH queries and VALUES, for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from proxy.analysis.ground import Ground, children, number
from proxy.analysis.tree import Node
from proxy.model import Attnum, ColumnId, Oid

VISITS: Final = 2_000  # nodes looked at for one output


@dataclass(frozen=True)
class Place:
    """A query and the one around it."""

    query: Node
    parent: "Place | None" = None

    def up(self, levels: int) -> "Place":
        """The query so many levels further out. Raises ValueError where there is none."""
        place: Place | None = self
        while levels and place is not None:
            place, levels = place.parent, levels - 1
        if place is None:
            raise ValueError("tree: a level that is not there")
        return place

    def entry(self, varno: int) -> Node:
        """An entry of the range table. Raises ValueError where there is none."""
        table = children(self.query, "rtable")
        if not 1 <= varno <= len(table):
            raise ValueError("tree: a range table entry that is not there")
        return table[varno - 1]


class Lineage:
    """Follows values through the queries of one statement."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def shown(self, place: Place) -> list[Node]:
        """The output columns' expressions: RETURNING's of a statement that writes."""
        name = "targetList" if number(place.query, "commandType") == 1 else "returningList"
        targets = [one for one in children(place.query, name) if one.fields.get("resjunk") == "false"]
        return [one for target in targets for one in children(target, "expr")[:1]]

    def way(self, place: Place, column: int) -> Iterator[tuple[Place, Node]]:
        """Every node that the value of an output column comes through, outermost first."""
        yield from self._way(self._outputs(place, column))

    def assigned(self, place: Place, column: int) -> Iterator[tuple[Place, Node]]:
        """The same of what a statement puts into a column of its result relation."""
        targets = [one for one in children(place.query, "targetList") if number(one, "resno") == column]
        yield from self._way([(place, one) for target in targets for one in children(target, "expr")])

    def view(self, place: Place, var: Node) -> Oid:
        """The view that a Var reads through, 0 where it is none or the server does not say so (before 16)."""
        entry = place.up(number(var, "varlevelsup")).entry(number(var, "varno"))
        relid = entry.fields.get("relid")
        return Oid(relid) if isinstance(relid, int) and number(entry, "rtekind") == 1 else Oid(0)

    def _way(self, waiting: list[tuple[Place, Node]]) -> Iterator[tuple[Place, Node]]:
        seen = set[int]()
        while waiting and len(seen) < VISITS:
            place, node = waiting.pop(0)
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield place, node
            if node.name == "VAR":
                waiting += self.behind(place, node)
            elif node.name == "SUBLINK":
                waiting += [(place, one) for one in children(node, "testexpr")]
                inner = [Place(one, place) for one in children(node, "subselect") if one.name == "QUERY"]
                waiting += [(one, shown) for one in inner for shown in self.shown(one)]
            else:
                waiting += [(place, one) for one in _inside(node)]

    def location(self, place: Place, var: Node) -> int:
        """Where a Var stands in the text, or what it stands for; -1 where the server does not say it."""
        for node in (var, *(one for _, one in self.behind(place, var))):
            location = node.fields.get("location")
            if isinstance(location, int) and location >= 0:
                return location
        return -1

    def columns(self, place: Place, expression: Node) -> frozenset[ColumnId]:
        """The tables' columns that an expression comes from. A view that was not rewritten is a table here."""
        found = set[ColumnId]()
        waiting, seen = [(place, expression)], set[int]()
        while waiting and len(seen) < VISITS:
            place, node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if node.name != "VAR":
                waiting += [(place, one) for one in _inside(node)]
                continue
            inside = place.up(number(node, "varlevelsup"))
            entry = inside.entry(number(node, "varno"))
            if number(entry, "rtekind") == 0:
                found.add(ColumnId(Oid(number(entry, "relid")), Attnum(number(node, "varattno"))))
            waiting += self.behind(place, node)
        return frozenset(found)

    def behind(self, place: Place, var: Node) -> list[tuple[Place, Node]]:
        """The expressions that a Var stands for; none where it is a table's column."""
        place = place.up(number(var, "varlevelsup"))
        entry, attnum = place.entry(number(var, "varno")), number(var, "varattno")
        match number(entry, "rtekind"):
            case 0 if number(var, "varno") == number(place.query, "resultRelation"):
                targets = [one for one in children(place.query, "targetList") if number(one, "resno") == attnum]
                return [(place, one) for target in targets for one in children(target, "expr")]
            case 1:  # RTEKind, parsenodes.h
                return self._outputs(Place(children(entry, "subquery")[0], place), attnum)
            case 2:
                return [(place, one) for one in children(entry, "joinaliasvars")[attnum - 1 : attnum]]
            case 3:
                return [(place, one) for part in children(entry, "functions") for one in children(part, "funcexpr")]
            case 4:
                return [(place, one) for one in children(entry, "tablefunc")]
            case 5:
                rows = entry.children.get("values_lists")
                rows = rows if isinstance(rows, list) else []
                return [(place, row[attnum - 1]) for row in rows if isinstance(row, list) and 0 < attnum <= len(row)]
            case 6:
                return self._cte(place.up(number(entry, "ctelevelsup")), entry, attnum)
            case 9:
                return [(place, one) for one in children(entry, "groupexprs")[attnum - 1 : attnum]]
            case _:
                return []

    def _cte(self, place: Place, entry: Node, attnum: int) -> list[tuple[Place, Node]]:
        named = [
            one for one in children(place.query, "cteList") if one.fields.get("ctename") == entry.fields.get("ctename")
        ]
        queries = [query for one in named for query in children(one, "ctequery") if query.name == "QUERY"]
        return [found for query in queries for found in self._outputs(Place(query, place), attnum)]

    def _outputs(self, place: Place, attnum: int) -> list[tuple[Place, Node]]:
        """One output column of a query, of all arms where it is a set operation; all of them for the whole row."""
        waiting = children(place.query, "setOperations")
        if not waiting:
            shown = self.shown(place)
            return [(place, one) for one in (shown if attnum == 0 else shown[attnum - 1 : attnum])]
        found: list[tuple[Place, Node]] = []
        while waiting:
            node = waiting.pop(0)
            if node.name == "SETOPERATIONSTMT":
                waiting = children(node, "larg") + children(node, "rarg") + waiting
            else:
                arm = children(place.entry(number(node, "rtindex")), "subquery")
                found += [one for query in arm for one in self._outputs(Place(query, place), attnum)]
        return found

    def choosing(self, place: Place) -> Iterator[tuple[str, Place, list[Node]]]:
        """What chooses, orders, groups and joins rows, of this query and of all inside it."""
        waiting = [place]
        while waiting:
            place = waiting.pop(0)
            yield from _choosing(place)
            waiting += [Place(one, place) for one in _queries(place.query)]


def _choosing(place: Place) -> Iterator[tuple[str, Place, list[Node]]]:
    query = place.query
    joins = children(query, "jointree")
    while joins:
        node = joins.pop(0)
        how = "joined" if node.name == "JOINEXPR" else "filtered"
        yield how, place, children(node, "quals")
        joins += [one for name in ("fromlist", "larg", "rarg") for one in children(node, name)]
    for name, how in (
        ("havingQual", "filtered"), ("mergeJoinCondition", "joined"), ("limitOffset", "limit"), ("limitCount", "limit"),
    ):  # fmt: skip
        yield how, place, children(query, name)
    for name, how in (("groupClause", "grouped"), ("distinctClause", "grouped"), ("sortClause", "sorted")):
        wanted = {number(one, "tleSortGroupRef") for one in children(query, name)}
        targets = [one for one in children(query, "targetList") if number(one, "ressortgroupref") in wanted - {0}]
        yield how, place, targets
    for action in children(query, "mergeActionList"):
        yield "filtered", place, children(action, "qual")
    for conflict in children(query, "onConflict"):
        yield "filtered", place, children(conflict, "onConflictWhere")


def _queries(query: Node) -> list[Node]:
    """The queries right inside another one."""
    found, waiting = list[Node](), _inside(query)
    while waiting:
        node = waiting.pop(0)
        if node.name == "QUERY":
            found.append(node)
        else:
            waiting += _inside(node)
    return found


def _inside(node: Node) -> list[Node]:
    found, waiting = list[Node](), list(node.children.values())
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, list):
            waiting = [*value, *waiting]
    return found
