"""COPY: which way, between what, and in which format."""

import re

from msgspec.structs import replace

from proxy.model import Copy, CopyEnd, CopyWay, Reading
from proxy.reading.answers import plain, unparsed
from proxy.reading.inner import holding
from proxy.reading.words import STRING, Cursor

_FORMATS = ("text", "csv", "binary")


def copy(cursor: Cursor) -> Reading:
    """COPY [BINARY] table [(columns)] | (query) FROM | TO file | PROGRAM command | STDIN | STDOUT [options]."""
    binary = cursor.accept("binary")
    held: Cursor | None = None
    relation = cursor.qualified()
    columns: tuple[str, ...] = ()
    start = cursor.at
    if cursor.skip_group() and relation is None:
        held = cursor.part(start + 1, cursor.at - 1)
    elif relation is not None:
        columns = tuple(word.name for word in cursor.words[start : cursor.at] if word.name is not None)
    way = {"from": CopyWay.FROM, "to": CopyWay.TO}.get(cursor.any_of("from", "to"))
    end = _end(cursor)
    if way is None or end is None or (relation is None and held is None):
        return unparsed("copy", "copy")
    moved = Copy(way=way, end=end, relation=relation, columns=columns, format="binary" if binary else _format(cursor))
    outer = replace(plain("copy", *_effects(moved), relations=(relation,)), copy=moved)
    return outer if held is None else holding(outer, held)


def _effects(copy: Copy) -> set[str]:
    effects = {"copy"}
    if copy.relation is not None:
        effects.add("insert" if copy.way is CopyWay.FROM else "select")
    if copy.end is not CopyEnd.CLIENT:
        effects.add(copy.end.value)
    return effects


def _end(cursor: Cursor) -> CopyEnd | None:
    if cursor.any_of("stdin", "stdout"):
        return CopyEnd.CLIENT
    end = CopyEnd.PROGRAM if cursor.accept("program") else CopyEnd.FILE
    return end if cursor.next().kind == STRING else None


def _format(cursor: Cursor) -> str | None:
    """The format that the options name, text where they name none."""
    cursor.accept("with")
    if cursor.peek().key != "(":
        return _old_format(cursor)
    start = cursor.at
    cursor.skip_group()
    for at in range(start, cursor.at - 1):
        if cursor.words[at].key == "format" and cursor.words[at - 1].key in ("(", ","):
            name = re.sub(r"""^['"]|['"]$""", "", cursor.text(at + 1, at + 2)).lower()
            return name if name in _FORMATS else None
    return "text"


def _old_format(cursor: Cursor) -> str:
    """The options of before 9.0: words in a row, FORCE with columns last."""
    while cursor.more():
        key = cursor.next().key
        if key in ("binary", "csv"):
            return key
        if key in ("force", "where"):
            break
    return "text"
