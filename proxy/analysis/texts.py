"""SQL bodies that are stored as texts: the question that shows such a body's tree, and whether the tree is proof.

A text has no meaning of its own: the search_path of whoever calls the function gives it one. The question is put under
search_path = pg_catalog, and its tree counts only where no other search_path can give the text another meaning:

- every table in it is one that somebody made, so its name was written with its schema (one of pg_catalog might have
  been written without, and a temporary view may have the same name);
- no function and no type of somebody's, in any schema, has the name of a function or type of the server's that the tree
  holds, and no operator that of one of its operators: so wherever these names are looked up, the same is found;
- functions and operators of somebody's own were written with their schema too, or they would not have been found.

Parameters are columns of a subquery of the function's name around the body, and the body is LATERAL beside it: a column
of the body's own goes before a parameter, as it does in a function. A row of the body's own would not (it goes before
a parameter in a function): so no table in the body may have a parameter's name. A text that is no statement by itself
is an error whenever it is called, whatever it is inside the parentheses.
"""

from typing import Final

from proxy.analysis.ground import Ground, nodes, number, numbers
from proxy.analysis.nodes import ALL
from proxy.analysis.result_types import type_of
from proxy.analysis.tree import Node, TreeReader
from proxy.catalog.routines import NONE
from proxy.catalog.snapshot import Function, Relation, Type, TypeKind
from proxy.model import Oid
from proxy.template.lexer import split

BODY: Final = '"pgwarden_body"'  # catalog/parsing.py, MARK
ENTRIES: Final = frozenset({"RANGETBLENTRY", "RTE"})
UNCAST: Final = frozenset({"VAR", "PARAM", "TARGETENTRY"})  # no type was named for their sake
OPERATORS: Final = ("opno", "eqop", "sortop")


def question(ground: Ground, oid: Oid) -> str | None:
    """A statement whose tree holds the body of a function; None where there is none that could be proof."""
    function = ground.snapshot.functions.get(oid)
    text = function.body if function is not None else None
    if function is None or text is None or function.tree is not None or "\\" in text:
        return None  # what a backslash means depends on a setting
    commands = split(text.encode())
    types = [ground.snapshot.types.get(one) for one in function.arg_types]
    if commands is None or len(commands) != 1:
        return None
    start, end = commands[0]
    body = f"lateral (\n{text.encode()[start:end].decode()}\n) as {BODY}"
    names = _names(ground, function)
    columns = [
        f"${at}::{_quoted(one.schema)}.{_quoted(one.name)} as {_quoted(name)}"
        for at, (one, name) in enumerate(zip(types, names, strict=True), 1)
        if one is not None and one.kind is not TypeKind.PSEUDO
    ]
    if len(columns) != len(types):
        return None
    around = f"(select {', '.join(columns)}) as {_quoted(function.name)}, " if columns else ""
    return f"select {BODY}.* from {around}{body}"  # noqa: S608  parsed, and never run


def answer(ground: Ground, oid: Oid, tree: str) -> Node | None:
    """The query that the server has made of a question; None where it is no proof."""
    try:
        reader = TreeReader()
        encoded = tree.encode()
        same = ground.snapshot.encoding.upper() in ("UTF8", "SQL_ASCII") or encoded.isascii()
        found = reader.printed(encoded) if same else reader.recoded(encoded)
        function = ground.snapshot.functions[oid]
        names = frozenset(_names(ground, function))
        proof = len(found) == 1 and all(_is_certain(ground, node, names) for node in nodes(found))
    except ValueError:
        return None
    return found[0] if proof else None


def _names(ground: Ground, function: Function) -> list[str]:
    """Names of the input parameters; where one has none, what nobody would write."""
    known = ground.snapshot.routines.facts.get(function.oid, NONE).names
    given = [*known, *[""] * len(function.arg_types)][: len(function.arg_types)]
    return [name or f"pgwarden_argument_{at}" for at, name in enumerate(given, 1)]


def _is_certain(ground: Ground, node: Node, parameters: frozenset[str]) -> bool:
    """Whether a node means the same under every search_path."""
    if node.name in ENTRIES:
        relid = node.fields.get("relid")
        return not isinstance(relid, int) or not relid or _is_elsewhere(ground.snapshot.relations.get(Oid(relid)))
    if node.name == "ALIAS":
        return node.fields.get("aliasname") not in parameters
    kind = ALL.get(node.name)
    if kind is None:
        return False
    operators = [number(node, field) for field in OPERATORS if field in node.fields]
    operators += numbers(node, "opnos") if "opnos" in node.fields else []
    if any(Oid(one) in ground.rivals for one in operators):
        return False
    called = [ground.snapshot.functions.get(one) for one in ground.called(node, kind.call) if one]
    if any(one is None or not (_is_elsewhere(one) or one.name not in ground.made_names) for one in called):
        return False
    return node.name in UNCAST or _is_certain_type(ground, ground.snapshot.types.get(Oid(type_of(node)[0])))


def _is_certain_type(ground: Ground, known: Type | None) -> bool:
    if known is not None and known.category == "A":
        known = ground.snapshot.types.get(known.element)
    return known is None or _is_elsewhere(known) or known.name not in ground.made_names


def _is_elsewhere(known: Relation | Function | Type | None) -> bool:
    """Whether its name was written with its schema: under search_path = pg_catalog it was not found without."""
    return known is not None and known.schema != "pg_catalog"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
