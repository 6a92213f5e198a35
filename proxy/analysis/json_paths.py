"""Constant paths into json documents: which part of a document an expression reads.

A part is a source like a column: ColumnId.path says which. It is proven by the operator's function (one of PostgreSQL's
own for json and jsonb) and by a constant in the tree; everything else reads the whole document. What the rules protect
is not asked here: policy compares paths.

Positions in arrays are left out of a path, so a member of an array counts as the array itself: what is said of a part
holds for all members, in lax and in strict reading alike. Where a word may be a key of an object or a position in an
array (#>, json_extract_path, subscripts), the path has both meanings.

That a read at a path succeeds tells nothing of the rest: a stored document can be read, and these functions give NULL
where there is nothing.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

import msgspec

from proxy.analysis.ground import Ground, children
from proxy.analysis.json_constants import contained, integer, members, word, words
from proxy.analysis.nodes import Call
from proxy.analysis.tree import Node
from proxy.analysis.values import Value
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function, TypeKind
from proxy.model import AS_TEXT, ITSELF, ColumnId, Oid

JSON_TYPES: Final = frozenset({114, 3802})  # pg_type.dat
JSONB: Final = 3802
LONGEST: Final = 6
"""Steps of a path; what is deeper counts as all that is below. The walk of a recursive query settles sooner than its
limit of rounds only because paths stop growing here."""
CHAIN: Final = 64
DOMAINS: Final = 32
EXTERNAL: Final = 0  # primnodes.h, PARAM_EXTERN
Steps: TypeAlias = tuple[str, ...]


class Reads(msgspec.Struct, frozen=True):
    """What is read of a document. paths: the parts; plain: the value is that of the one part, unchanged."""

    paths: tuple[Steps, ...]
    plain: bool = False


class Path(msgspec.Struct, frozen=True):
    """base: the expression that gives the document; keys: what is read of it; nodes: every node that was understood on
    the way, without the first one and base."""

    base: Node
    keys: Reads
    nodes: tuple[Node, ...]


class Step(NamedTuple):
    """One node that reads a document. constants: the nodes that say what of it."""

    base: Node
    reads: Reads
    constants: tuple[Node, ...] = ()


def path_of(ground: Ground, node: Node) -> Path | None:
    """The constant path that a node reads; None where it is no such node, or its path is not a constant."""
    first = _step(ground, node)
    if first is None:
        return None
    base, reads, nodes = first.base, first.reads, list(first.constants)
    for _ in range(CHAIN):
        inner = _step(ground, base)
        if inner is None or not inner.reads.plain or inner.reads.paths[0][-1:] == (AS_TEXT,):
            break
        nodes += (base, *inner.constants)
        paths = tuple(inner.reads.paths[0] + path for path in reads.paths)
        base, reads = inner.base, Reads(paths, reads.plain)
    return Path(base, reads, tuple(nodes))


def part(ground: Ground, document: Value, keys: Reads) -> Value:
    """What is read of a document. Only the part of a column that holds documents is narrowed, and only where the value
    is the column's own: whatever was computed stays what it was."""
    if document.empty:
        return document
    direct, computed = set[ColumnId](), set(document.computed)
    for column in document.direct:
        if not _holds_documents(ground, column):
            computed.add(column)
            continue
        for path in keys.paths:
            found, whole = _joined(column, path)
            (direct if keys.plain and whole else computed).add(found)
    return Value(frozenset(direct), frozenset(computed), document.opaque)


ARRAY_ITSELF: Final = Reads(((ITSELF,),))
"""What the number of an array's members tells of it."""


def gives_members(ground: Ground, node: Node) -> bool:
    """Whether a function in FROM gives the members of an array as its one column: parts of the array, each as it is."""
    if node.name != "FUNCEXPR":
        return False
    function = ground.snapshot.functions.get(ground.called(node, Call.FUNCID)[0])
    return function is not None and _is_own(function) and function.name in MEMBERS


def _joined(column: ColumnId, path: Steps) -> tuple[ColumnId, bool]:
    """The part of a part, and whether that is all there is to say: of a path that is too long the end is not said."""
    steps = column.path + path
    if len(steps) > LONGEST:
        return ColumnId(column.relation, column.attnum, steps[:LONGEST]), False
    return ColumnId(column.relation, column.attnum, steps), True


def _holds_documents(ground: Ground, column: ColumnId) -> bool:
    """Whether a column's part is json or jsonb, itself or by its domain's base."""
    relation = ground.snapshot.relations.get(column.relation)
    known = relation.columns.get(column.attnum) if relation else None
    if known is None or column.path[-1:] in ((AS_TEXT,), (ITSELF,)):
        return False
    type_oid = known.type_oid
    for _ in range(DOMAINS):
        found = ground.snapshot.types.get(type_oid)
        if found is None or found.kind is not TypeKind.DOMAIN:
            break
        type_oid = found.base
    return type_oid in JSON_TYPES


def _step(ground: Ground, node: Node) -> Step | None:
    match node.name:
        case "OPEXPR":
            return _call(ground, node, ground.called(node, Call.OPNO))
        case "FUNCEXPR":
            return _call(ground, node, ground.called(node, Call.FUNCID))
        case "SUBSCRIPTINGREF":
            return _subscripts(ground, node)
        case "JSONEXPR":
            return _standard(node)
        case "COERCEVIAIO" if node.fields.get("resulttype") in JSON_TYPES:
            return _recast(node)
        case _:
            return None


def _call(ground: Ground, node: Node, called: tuple[Oid, ...]) -> Step | None:
    function = ground.snapshot.functions.get(called[0])
    if function is None or not _is_own(function):
        return None
    read = READERS.get(function.name)
    return read(ground, children(node, "args")) if read is not None else None


def _is_own(function: Function) -> bool:
    return function.oid < FIRST_NORMAL_OID and function.schema == "pg_catalog"


def _recast(node: Node) -> Step | None:
    """json to jsonb and back by way of text: the same document. Where what is cast is none, part() finds that."""
    inner = children(node, "arg")
    return Step(inner[0], Reads(((),), plain=True)) if len(inner) == 1 else None


def _standard(node: Node) -> Step | None:
    """JSON_VALUE, JSON_QUERY and JSON_EXISTS (17 and later), where the path names members alone: what is passed has no
    use then. What is given on an empty result or an error is a constant where nothing else is written. op: primnodes.h,
    JsonExprOp."""
    document, path = children(node, "formatted_expr"), children(node, "path_spec")
    kind = node.fields.get("op")
    if len(document) != 1 or len(path) != 1 or kind not in STANDARD or not node.children.keys() <= READ:
        return None
    keys = members(path[0])
    if keys is None:
        return None
    rest = [one for name in READ - {"formatted_expr", "path_spec"} for one in children(node, name)]
    inside = [one for each in rest for name in each.children for one in children(each, name)]
    if any(one.name not in ("CONST", "JSONFORMAT") or one.children for one in inside):
        return None
    reads = Reads(((*(f".{key}" for key in keys), *STANDARD[kind]),))
    return Step(document[0], reads, (path[0], *rest, *inside))


def _subscripts(ground: Ground, node: Node) -> Step | None:
    """document['a'][0] (14 and later; jsonbsubs.c): read as #> reads its path."""
    base = children(node, "refexpr")
    if node.fields.get("refcontainertype") != JSONB or len(base) != 1:
        return None
    if children(node, "refassgnexpr") or children(node, "reflowerindexpr"):
        return None
    found = children(node, "refupperindexpr")
    steps = [_subscript(ground, one) for one in found]
    path = tuple(step for step in steps if step is not None)
    return Step(base[0], Reads((path,), plain=True), tuple(found)) if len(path) == len(steps) else None


def _subscript(ground: Ground, node: Node) -> str | None:
    number = integer(node)
    return f"?{number}" if number is not None else _either(word(node, ground.snapshot.encoding))


def _either(name: str | None) -> str | None:
    """A word of a path that is a key, or where it looks like a number perhaps a position (jsonfuncs.c, get_path_all,
    jsonb_get_element: strtol)."""
    if name is None:
        return None
    return f"?{name}" if any(one.isdigit() for one in name) else f".{name}"


def _field(ending: Steps) -> "Reader":
    """document -> 'key': of an object, and of nothing else."""

    def read(ground: Ground, args: list[Node]) -> Step | None:
        name = word(args[1], ground.snapshot.encoding) if len(args) == 2 else None
        return None if name is None else Step(args[0], Reads(((f".{name}", *ending),), plain=True), (args[1],))

    return read


def _member(ending: Steps) -> "Reader":
    """document -> 3: a member of an array, whichever it is."""

    def read(_: Ground, args: list[Node]) -> Step | None:
        if len(args) != 2 or (integer(args[1]) is None and not _is_parameter(args[1])):
            return None
        return Step(args[0], Reads((ending,), plain=True), (args[1],))

    return read


def _is_parameter(node: Node) -> bool:
    return node.name == "PARAM" and node.fields.get("paramkind") == EXTERNAL


def _way(ending: Steps) -> "Reader":
    """document #> '{a,b}', json_extract_path(document, 'a', 'b')."""

    def read(ground: Ground, args: list[Node]) -> Step | None:
        found = _path_words(ground, args[1]) if len(args) == 2 else None
        if found is None:
            return None
        steps = tuple(step for one in found[0] if (step := _either(one)) is not None)
        return Step(args[0], Reads(((*steps, *ending),), plain=True), found[1])

    return read


def _path_words(ground: Ground, node: Node) -> tuple[tuple[str, ...], tuple[Node, ...]] | None:
    """The words of a text[] that is a constant, or is spelled out of constants, and the nodes that say them."""
    if node.name not in ("ARRAYEXPR", "ARRAY"):
        found = words(node, ground.snapshot.encoding)
        return None if found is None else (found, (node,))
    elements = children(node, "elements")
    each = [word(one, ground.snapshot.encoding) for one in elements]
    spelled = tuple(one for one in each if one is not None)
    return (spelled, (node, *elements)) if len(spelled) == len(each) else None


def _itself(_: Ground, args: list[Node]) -> Step | None:
    """The type or the number of members of a value tells nothing of what is below it."""
    return Step(args[0], Reads(((ITSELF,),))) if len(args) == 1 else None


def _members(ending: Steps) -> "Reader":
    """The members of an array, a row each."""

    def read(_: Ground, args: list[Node]) -> Step | None:
        return Step(args[0], Reads((ending,), plain=True)) if len(args) == 1 else None

    return read


def _has(ground: Ground, args: list[Node]) -> Step | None:
    """document ? 'key', ?| and ?&: whether it is a key of the object, a member of the array, or the scalar itself."""
    if len(args) != 2:
        return None
    name = word(args[1], ground.snapshot.encoding)
    found = ((name,), (args[1],)) if name is not None else _path_words(ground, args[1])
    if found is None:
        return None
    return Step(args[0], Reads(((ITSELF,), *((f".{one}", ITSELF) for one in found[0]))), found[1])


def _contains(document: int, constant: int) -> "Reader":
    """document @> '{"a": 1}': each value of the constant is compared with what stands in its place, which tells of
    scalars and of kinds there, and of nothing that the constant does not name."""

    def read(ground: Ground, args: list[Node]) -> Step | None:
        if len(args) != 2:
            return None
        places = contained(args[constant], ground.snapshot.encoding)
        if places is None:
            return None
        paths = tuple((*(f".{key}" for key in place), ITSELF) for place in places)
        return Step(args[document], Reads(paths), (args[constant],))

    return read


def _query(ending: Steps) -> "Reader":
    """jsonb_path_query and its kind, where the jsonpath names members alone: it has no variable and no filter then."""

    def read(_: Ground, args: list[Node]) -> Step | None:
        keys = members(args[1]) if len(args) > 1 and all(one.name == "CONST" for one in args[1:]) else None
        if keys is None:
            return None
        return Step(args[0], Reads(((*(f".{key}" for key in keys), *ending),)), tuple(args[1:]))

    return read


Reader: TypeAlias = Callable[[Ground, list[Node]], Step | None]
MEMBERS: Final = frozenset(f"{type_}_array_elements{end}" for type_ in ("json", "jsonb") for end in ("", "_text"))
READ: Final = frozenset({"formatted_expr", "format", "path_spec", "returning", "on_empty", "on_error"})
STANDARD: Final[Mapping[object, Steps]] = {0: (ITSELF,), 1: (), 2: ()}  # exists, query, value
TEXT_ENDING: Final = (AS_TEXT,)
ITSELF_ENDING: Final = (ITSELF,)
PLAIN: Final[Mapping[str, Callable[[Steps], Reader]]] = {
    "object_field": _field,
    "array_element": _member,
    "extract_path": _way,
    "array_elements": _members,
}
READERS: Final[Mapping[str, Reader]] = {
    **{f"{type_}_{name}": make(()) for type_ in ("json", "jsonb") for name, make in PLAIN.items()},
    **{f"{type_}_{name}_text": make(TEXT_ENDING) for type_ in ("json", "jsonb") for name, make in PLAIN.items()},
    **dict.fromkeys(("json_typeof", "jsonb_typeof", "json_array_length", "jsonb_array_length"), _itself),
    **dict.fromkeys(("jsonb_exists", "jsonb_exists_any", "jsonb_exists_all"), _has),
    "jsonb_contains": _contains(0, 1),
    "jsonb_contained": _contains(1, 0),
    **{f"jsonb_path_query{what}{zone}": _query(()) for what in ("", "_array", "_first") for zone in ("", "_tz")},
    **dict.fromkeys(("jsonb_path_exists", "jsonb_path_exists_tz", "jsonb_path_exists_opr"), _query(ITSELF_ENDING)),
}
"""By the name of a function of pg_catalog, the one behind the operator (pg_proc.dat)."""
