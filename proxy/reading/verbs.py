"""What a query does, read from its words alone: the grammar's reserved words leave no doubt about it.

Source: gram.y (with_clause, common_table_expr, SelectStmt, InsertStmt, MergeStmt, for_locking_item).
"""

from collections.abc import Sequence

import msgspec

from proxy.reading.words import Cursor, Word

VERBS = ("select", "insert", "update", "delete", "merge", "values", "table")
QUERY_STARTS = frozenset({*VERBS, "with", "("})
_READS = frozenset({"select", "values", "table"})


class Verbs(msgspec.Struct, frozen=True):
    """main: the verb of the whole, empty where none was found. into: SELECT INTO makes a table of it."""

    main: str
    effects: frozenset[str]
    into: bool = False


def verbs(cursor: Cursor) -> Verbs:
    """The effects of the query at the cursor, those of its common table expressions included."""
    found: set[str] = set()
    bodies = [(cursor.at, cursor.end)]
    main = ""
    for at, end in bodies:  # grows while it is read: bodies in bodies
        verb, inner = _verb(cursor.part(at, end))
        main = main or verb or "?"
        found.add("select" if verb in _READS else verb or "unparsed")
        bodies += inner
    into = _scan(cursor, found)
    return Verbs(main.strip("?"), frozenset(found | ({"ddl"} if into else set())), into)


def _verb(cursor: Cursor) -> tuple[str, list[tuple[int, int]]]:
    """The verb behind the WITH clause and the bodies in the clause; a verb that is not found is empty."""
    inner: list[tuple[int, int]] = []
    while True:
        if cursor.accept("("):
            continue
        if not cursor.accept("with"):
            return cursor.any_of(*VERBS), inner
        cursor.accept("recursive")
        while True:
            if (body := _expression(cursor)) is None:
                return "", inner
            inner.append(body)
            if not cursor.accept(","):
                break


def _expression(cursor: Cursor) -> tuple[int, int] | None:
    """Moves behind name [(columns)] AS [[NOT] MATERIALIZED] (body) [SEARCH …] [CYCLE …]; where the body is."""
    if cursor.name() is None:
        return None
    cursor.skip_group()
    if not cursor.accept("as"):
        return None
    cursor.accept("not")
    cursor.accept("materialized")
    start = cursor.at + 1
    if not cursor.skip_group():
        return None
    body = (start, cursor.at - 1)
    if cursor.accept("search"):
        cursor.at += 3  # DEPTH | BREADTH FIRST BY
        _columns(cursor)
    if cursor.accept("cycle"):
        _columns(cursor)
        if cursor.accept("to"):
            while cursor.more() and not cursor.accept("default"):
                cursor.next()
            while cursor.more() and cursor.peek().key != "using":
                cursor.next()
        if cursor.accept("using"):
            cursor.name()
    return body


def _columns(cursor: Cursor) -> None:
    """Moves behind name [, …] SET name."""
    while cursor.name() is not None and cursor.accept(","):
        continue
    if cursor.accept("set"):
        cursor.name()


def _scan(cursor: Cursor, found: set[str]) -> bool:
    """Adds what reserved words show anywhere in the query; whether a SELECT has INTO."""
    into = False
    before = Cursor.END
    words = cursor.words
    for at in range(cursor.at, cursor.end):
        word = words[at]
        key = word.key
        if key in _WATCHED and before.key not in ("as", "."):
            follow = words[at + 1].key if at + 1 < cursor.end else ""
            if key in ("select", "table"):
                found.add("select")
            elif key == "into":
                into |= before.key not in ("insert", "merge")
            elif key == "for" and follow in ("update", "share", "no", "key") and _locks(words, at + 1, cursor.end):
                found.add("lock")
            elif key == "do" and follow == "update":
                found.add("update")
            elif key == "then" and follow in ("update", "delete", "insert") and "merge" in found:
                found.add(follow)
        before = word
    return into


_WATCHED = frozenset({"select", "table", "into", "for", "do", "then"})


def _locks(words: Sequence[Word], at: int, end: int) -> bool:
    """Whether the words behind FOR are UPDATE, SHARE, NO KEY UPDATE or KEY SHARE."""
    keys = tuple(word.key for word in words[at : min(at + 3, end)])
    return keys[:1] in (("update",), ("share",)) or keys == ("no", "key", "update") or keys[:2] == ("key", "share")
