"""Commands that hold a query: PREPARE, DECLARE, CREATE … AS; and those that name it again: EXECUTE, FETCH.

The inner text is given only when its place is certain: the server gets it on its own.
"""

from msgspec.structs import replace

from proxy.model import Reading
from proxy.reading.answers import plain, state, unparsed
from proxy.reading.query import query
from proxy.reading.verbs import QUERY_STARTS
from proxy.reading.words import NAMES, Cursor


def holding(outer: Reading, cursor: Cursor) -> Reading:
    """outer with the query at the cursor, which reaches to the cursor's end, as its inner statement."""
    if cursor.peek().key not in QUERY_STARTS:
        return replace(outer, parsed=False, effects=outer.effects | {"unparsed"})
    held = query(cursor)
    return replace(
        outer,
        effects=outer.effects | held.effects,
        relations=tuple(dict.fromkeys(outer.relations + held.relations)),
        where=held.where,
        parsed=held.parsed,
        inner=cursor.rest() if held.probe else None,
    )


def prepare(cursor: Cursor) -> Reading:
    """PREPARE name [(types)] AS statement."""
    name = cursor.name()
    cursor.skip_group()
    if name is None or not cursor.accept("as"):
        return unparsed("prepare", "prepare")
    return holding(plain("prepare", "prepare", name=name), cursor)


def execute(cursor: Cursor) -> Reading:
    """EXECUTE name [(values)]: does what was prepared, whatever that is."""
    return state("execute", "execute", name=cursor.name())


def deallocate(cursor: Cursor) -> Reading:
    """DEALLOCATE [PREPARE] name, or ALL."""
    if cursor.peek().key == "prepare" and cursor.at + 1 < cursor.end:
        cursor.next()
    if cursor.accept("all"):
        return plain("deallocate all", "prepare")
    return plain("deallocate", "prepare", name=cursor.name())


def declare(cursor: Cursor) -> Reading:
    """DECLARE name [options] CURSOR [WITH | WITHOUT HOLD] FOR query."""
    name = cursor.name()
    while cursor.any_of("binary", "insensitive", "asensitive", "no", "scroll"):
        continue
    if name is None or not cursor.accept("cursor"):
        return unparsed("declare", "cursor")
    if cursor.any_of("with", "without"):
        cursor.accept("hold")
    if not cursor.accept("for"):
        return unparsed("declare", "cursor")
    return holding(plain("declare", "cursor", name=name), cursor)


def fetch(cursor: Cursor) -> Reading:
    """FETCH [direction] [FROM | IN] cursor: the cursor is the last word."""
    return plain("fetch", "cursor", name=_last(cursor))


def move(cursor: Cursor) -> Reading:
    """MOVE [direction] [FROM | IN] cursor."""
    return plain("move", "cursor", name=_last(cursor))


def _last(cursor: Cursor) -> str | None:
    word = cursor.words[cursor.end - 1]
    return word.name if cursor.more() and word.kind in NAMES else None


def close(cursor: Cursor) -> Reading:
    """CLOSE cursor, or ALL."""
    return plain("close all", "cursor") if cursor.accept("all") else plain("close", "cursor", name=cursor.name())


def created_as(outer: Reading, cursor: Cursor) -> Reading:
    """CREATE … AS query [WITH [NO] DATA], or AS EXECUTE name; the cursor stands before a part that AS ends."""
    if not cursor.find("as"):
        return outer
    held = cursor.without("with", "no", "data").without("with", "data")
    if held.peek().key == "execute" and held.peek(1).kind in NAMES:
        return replace(outer, effects=outer.effects | {"execute"}, inner=held.rest())
    return holding(outer, held)
