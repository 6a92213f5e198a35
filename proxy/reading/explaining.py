"""EXPLAIN: shows a plan, and with ANALYZE does what it explains."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from proxy.model import Reading
from proxy.reading.answers import unparsed
from proxy.reading.inner import declare, execute
from proxy.reading.maintenance import refresh
from proxy.reading.objects import create
from proxy.reading.query import query
from proxy.reading.verbs import QUERY_STARTS
from proxy.reading.words import Cursor

_READERS: Final[Mapping[str, Callable[[Cursor], Reading]]] = {
    "create": create,
    "declare": declare,
    "execute": execute,
    "refresh": refresh,
}
"""What else than a query can be explained (gram.y, ExplainableStmt)."""
_OFF = frozenset({"off", "false", "0", "no", "f", "n", "of"})


def explain(cursor: Cursor) -> Reading:
    """EXPLAIN [(options)] statement, or EXPLAIN [ANALYZE] [VERBOSE] statement."""
    if _options(cursor):
        runs = _runs(cursor)
    else:
        runs = bool(cursor.any_of("analyze", "analyse"))
        cursor.accept("verbose")
    text = cursor.rest()
    held = _explained(cursor)
    if held is None:
        return unparsed("explain", "explain")
    return replace(
        held,
        kind="explain",
        effects=frozenset({"explain"}) | (held.effects if runs else held.effects & {"unparsed"}),
        inner=text,
        probe=False,
        changes_state=runs and held.changes_state,
        ddl=runs and held.ddl,
    )


def _options(cursor: Cursor) -> bool:
    """Whether the parenthesis here holds options and not a query."""
    return cursor.peek().key == "(" and cursor.peek(1).key not in QUERY_STARTS


def _runs(cursor: Cursor) -> bool:
    """Moves behind the options; whether ANALYZE may be on. What is not plainly off counts as on."""
    start = cursor.at
    cursor.skip_group()
    runs = False
    for at in range(start, cursor.at - 1):
        if cursor.words[at].key in ("analyze", "analyse") and cursor.words[at - 1].key in ("(", ","):
            value = cursor.words[at + 1]
            text = cursor.text(at + 1, at + 2).strip("'\"").lower()
            runs |= value.key in (")", ",") or text not in _OFF
    return runs


def _explained(cursor: Cursor) -> Reading | None:
    key = cursor.peek().key
    if key in QUERY_STARTS:
        return query(cursor)
    if (reader := _READERS.get(key)) is None:
        return None
    cursor.next()
    return reader(cursor)
