"""SELECT and the statements that change rows: effects from the words, relations and conditions by sqlglot."""

from collections.abc import Iterable

import sqlglot
from sqlglot import ErrorLevel, exp

from proxy.model import Reading, Where
from proxy.reading.answers import named
from proxy.reading.condition import where_of
from proxy.reading.sketch import RESERVED, sketch
from proxy.reading.verbs import QUERY_STARTS, verbs
from proxy.reading.words import Cursor, decode, dotted, fold


def query(cursor: Cursor) -> Reading:
    """Reads the query at the cursor, up to the cursor's end."""
    found = verbs(cursor)
    tree = _parse(cursor) if found.main and "unparsed" not in found.effects else None
    nodes = [] if tree is None else list(tree.walk(bfs=False))
    relations, where = (_guessed(cursor), Where.NONE) if tree is None else (_relations(nodes), where_of(tree, nodes))
    return Reading(
        kind="select into" if found.into else found.main or "with",
        effects=found.effects if tree is not None else found.effects | {"unparsed"},
        relations=relations,
        where=where,
        parsed=tree is not None,
        inner=_without_into(cursor) if found.into and found.main == "select" else None,
        probe=bool(found.main) and not found.into,
        changes_state=found.into or not found.main,
        ddl=found.into or not found.main,
    )


def _without_into(cursor: Cursor) -> str | None:
    """The text of a SELECT INTO without its INTO clause, each other word where it was: the query whose rows the new
    relation gets. None where it is not certain which words are the clause. INTO is reserved: outside parentheses it is
    the clause, but behind AS or a dot, where it is a name."""
    at = cursor.part(cursor.at, cursor.end)
    first = at.peek().start
    if not at.find("into") or at.words[at.at - 2].key in ("as", ".", "insert", "merge"):
        return None
    start = at.words[at.at - 1].start
    at.any_of("local", "global")
    if not at.any_of("temporary", "temp"):
        at.accept("unlogged")
    at.accept("table")
    if at.peek().key in RESERVED or at.qualified() is None:
        return None
    end = at.words[at.at - 1].until
    if at.find("into"):
        return None
    data = cursor.data
    last = cursor.words[cursor.end - 1].until
    return decode(data[first:start] + b" " * (end - start) + data[end:last])


def outline(cursor: Cursor) -> Reading | None:
    """What the words say of a query of which the server can show a tree; None where it is none."""
    if cursor.peek().key not in QUERY_STARTS:
        return None
    found = verbs(cursor)
    if not found.main or found.into:
        return None
    return Reading(kind=found.main, effects=found.effects, probe=True, changes_state=False, ddl=False)


def _parse(cursor: Cursor) -> exp.Expr | None:
    text = sketch(cursor.data, cursor.words[cursor.at : cursor.end])
    if text is None:
        return None
    try:
        tree = sqlglot.parse_one(text, dialect="postgres", error_level=ErrorLevel.IMMEDIATE)
    except Exception:  # noqa: BLE001  sqlglot raises what it likes (RecursionError too); the text counts as unparsed
        return None
    return None if isinstance(tree, exp.Command) else tree


def _relations(nodes: Iterable[exp.Expr]) -> tuple[str, ...]:
    """Every relation that is named, but for common table expressions where those are what the name means."""
    found = []
    for table in nodes:
        if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
            continue
        if isinstance(table.parent, exp.Lock):
            continue
        parts = [table.args.get(part) for part in ("catalog", "db", "this")]
        names = [_name(part) for part in parts if isinstance(part, exp.Identifier)]
        if len(names) > 1 or not _is_expression(table, names[0]):
            found.append(dotted(names))
    return named(found)


def _name(identifier: exp.Identifier) -> str:
    return str(identifier.this) if identifier.args.get("quoted") else fold(str(identifier.this))


def _is_expression(table: exp.Expr, name: str) -> bool:
    """Whether name means a common table expression there: one of a WITH around it, and inside that WITH only one
    before it, unless RECURSIVE."""
    node: exp.Expr = table
    inside: exp.Expr | None = None
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.With):
            inside = node
            if parent.args.get("recursive"):
                inside = None
            siblings = parent.expressions
            before = siblings if inside is None else siblings[: _place(siblings, inside)]
            if any(_alias(each) == name for each in before):
                return True
        else:
            clause = parent.args.get("with_") or parent.args.get("with")
            if isinstance(clause, exp.With) and clause is not node and _defines(clause, name):
                return True
        node = parent
    return False


def _place(siblings: list[exp.Expr], one: exp.Expr) -> int:
    return next((at for at, each in enumerate(siblings) if each is one), 0)


def _defines(clause: exp.With, name: str) -> bool:
    return any(_alias(each) == name for each in clause.expressions)


def _alias(expression: exp.Expr) -> str:
    alias = expression.args.get("alias")
    identifier = alias.this if isinstance(alias, exp.TableAlias) else alias
    return _name(identifier) if isinstance(identifier, exp.Identifier) else ""


_BEFORE = frozenset({"from", "join", "into", "update", "table", "using"})


def _guessed(cursor: Cursor) -> tuple[str, ...]:
    """Relations of a text that sqlglot cannot read: the names behind FROM, JOIN, INTO, UPDATE, TABLE, USING."""
    found = []
    at = cursor.part(cursor.at, cursor.end)
    while at.more():
        if at.next().key in _BEFORE:
            at.accept("only")
            found.append(None if at.peek().key in RESERVED else at.qualified())
    return named(found)
