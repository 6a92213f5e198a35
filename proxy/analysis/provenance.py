"""For people: by which expressions an output column came about, and where columns filter, sort, group and join.

Nothing here decides: it looks at the trees a second time, beside the walk, for `pgwarden explain` alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from proxy.analysis.ground import Ground, nodes, number
from proxy.analysis.lineage import Lineage, Place
from proxy.analysis.nodes import ALL, NAMES, Call
from proxy.analysis.tree import Node
from proxy.analysis.walk import footprint
from proxy.model import Footprint, Oid, Origin, Output, Step, Use, Write

STEPS_KEPT: Final = 32
USES_KEPT: Final = 256
CALLS: Final = {
    "FUNCEXPR": "function", "AGGREF": "aggregate", "WINDOWFUNC": "window function", "OPEXPR": "operator",
    "DISTINCTEXPR": "IS DISTINCT FROM", "NULLIFEXPR": "NULLIF", "SCALARARRAYOPEXPR": "operator",
}  # fmt: skip
WORDS: Final = {
    "CASEEXPR": "CASE",
    "COALESCEEXPR": "COALESCE",
    "MINMAXEXPR": "GREATEST or LEAST",
    "SUBLINK": "subquery",
    "ROWEXPR": "ROW",
    "ARRAYEXPR": "ARRAY",
    "SUBSCRIPTINGREF": "subscript",
    "FIELDSELECT": "field of a row",
    "FIELDSTORE": "field of a row",
    "NULLTEST": "IS NULL",
    "BOOLEANTEST": "IS TRUE",
    "BOOLEXPR": "AND, OR, NOT",
    "ROWCOMPAREEXPR": "comparison of rows",
    "XMLEXPR": "XML expression",
    "JSONEXPR": "JSON expression",
    "JSONCONSTRUCTOREXPR": "JSON constructor",
    "TABLEFUNC": "table function",
}
CASTS: Final = {"COERCEVIAIO", "ARRAYCOERCEEXPR", "CONVERTROWTYPEEXPR", "COERCETODOMAIN"}
CAST_FORMATS: Final = (1, 2)  # primnodes.h, CoercionForm: COERCE_EXPLICIT_CAST, COERCE_IMPLICIT_CAST
SYMBOL: Final = re.compile(rb"[-+*/<>=~!@#%^&|`?]+")


def explained(trees: Sequence[Node], ground: Ground, text: bytes = b"") -> Footprint:
    """The footprint with its outputs' steps and its uses. text: the statement, in the server's encoding."""
    found = footprint(trees, ground)
    try:
        return Provenance(ground, text).told(trees, found)
    except (ValueError, RecursionError):
        return found


class Provenance:
    """Looks at the trees of one statement."""

    def __init__(self, ground: Ground, text: bytes) -> None:
        self._ground, self._text, self._lineage = ground, text, Lineage(ground)

    def told(self, trees: Sequence[Node], found: Footprint) -> Footprint:
        """found with what is to be said about it."""
        queries = [tree for tree in trees if tree.name == "QUERY"]
        outputs = found.outputs
        for tree in queries:
            shown = self._lineage.shown(Place(tree))
            if len(shown) == len(outputs) and (tree.fields.get("canSetTag") == "true" or len(queries) == 1):
                outputs = tuple(self._output(Place(tree), at, one) for at, one in enumerate(outputs, 1))
        writes = found.writes
        if len(queries) == 1:
            writes = tuple(self._write(Place(queries[0]), one) for one in writes)
        uses = dict.fromkeys(use for tree in queries for use in self._uses(Place(tree)))
        return replace(found, outputs=outputs, writes=writes, uses=tuple(uses)[:USES_KEPT])

    def _output(self, place: Place, column: int, output: Output) -> Output:
        return replace(output, origin=self._told(output.origin, self._lineage.way(place, column)))

    def _write(self, place: Place, write: Write) -> Write:
        return replace(write, origin=self._told(write.origin, self._lineage.assigned(place, write.column.attnum)))

    def _told(self, origin: Origin, way: Iterator[tuple[Place, Node]]) -> Origin:
        steps = dict.fromkeys(step for place, node in way if (step := self.step(place, node)) is not None)
        return replace(origin, steps=tuple(steps)[:STEPS_KEPT])

    def step(self, place: Place, node: Node) -> Step | None:
        """A node in words; None where it changes nothing, or holds no column."""
        if node.name == "VAR":
            view = self._ground.snapshot.relations.get(self._lineage.view(place, node))
            what = f"view {view.full_name}" if view is not None else None
        else:
            what = self._words(node) if _holds_column(node) else None
        location = node.fields.get("location", -1)
        return None if what is None else Step(what, location if isinstance(location, int) else -1)

    def _words(self, node: Node) -> str | None:
        if (word := CALLS.get(node.name)) is not None:
            return self._call(node, word)
        if node.name in CASTS:
            return f"cast to {self._type(number(node, 'resulttype'))}"
        return WORDS.get(NAMES.get(node.name, node.name))

    def _call(self, node: Node, word: str) -> str:
        if node.name == "FUNCEXPR" and number(node, "funcformat") in CAST_FORMATS:
            return f"cast to {self._type(number(node, 'funcresulttype'))}"
        if word == "operator":
            location = node.fields.get("location", -1)
            symbol = SYMBOL.match(self._text, location) if isinstance(location, int) and location >= 0 else None
            if symbol is not None:
                return f"{word} {symbol.group().decode('ascii')}"
        called = self._ground.called(node, ALL[node.name].call if node.name in ALL else Call.NONE)
        return " ".join([word, *(self._function(oid) for oid in called)]) if word == word.lower() else word

    def _function(self, oid: Oid) -> str:
        function = self._ground.snapshot.functions.get(oid)
        if function is None:
            return str(oid)
        name = function.name if function.schema == "pg_catalog" else function.full_name
        return f"{name}({', '.join(self._type(one) for one in function.arg_types)})"

    def _type(self, oid: int) -> str:
        type_ = self._ground.snapshot.types.get(Oid(oid))
        if type_ is None:
            return str(oid)
        return type_.name if type_.schema == "pg_catalog" else type_.full_name

    def _uses(self, place: Place) -> Iterator[Use]:
        lineage = self._lineage
        for how, inside, expressions in lineage.choosing(place):
            for var in _columns(expressions):
                location = lineage.location(inside, var)
                for column in sorted(lineage.columns(inside, var)):
                    yield Use(column, how, location)


def _columns(expressions: Iterable[Node]) -> Iterator[Node]:
    """The Vars in them that are of the query itself: those of queries inside are told with these."""
    waiting = list(expressions)
    while waiting:
        node = waiting.pop(0)
        if node.name == "VAR":
            yield node
        elif node.name != "QUERY":
            waiting += [one for field in node.children for one in _nodes_of(node.children[field])]


def _nodes_of(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _nodes_of(one)


def _holds_column(node: Node) -> bool:
    """Whether it is there because of a column: a default's or another arm's own expressions are no step of its way."""
    return any(one.name in ("VAR", "QUERY") for one in nodes(list(node.children.values())))
