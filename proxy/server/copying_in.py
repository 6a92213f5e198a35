"""COPY FROM STDIN as it is written: what the server is asked in its place, because it shows no tree of a COPY.

An INSERT of the same relation and columns, never run: its tree has the relation, the columns that are written, and what
runs by itself, the defaults of the columns that are left out. Triggers, checks and generated columns follow from the
relation. Where no columns are named all are written, and policy refuses where one of them is protected.
"""

from typing import Final

from proxy.server.copying import key_of, past_group, past_name
from proxy.template.lexer import tokens

_NO_MORE: Final = frozenset({"where"})
"""A condition runs code of its own, row by row, and no tree shows it."""


def insert_of_copy(text: bytes, options: int) -> bytes | None:
    """The INSERT; None where the text is no COPY FROM STDIN, or is written as we do not understand."""
    found = tokens(text, options)
    if not found:
        return None
    words = [key_of(text, token) for token in found]
    at = 2 if words[1:2] == ["binary"] else 1
    if words[0] != "copy":
        return None
    start, at = at, past_name(found, words, at)
    if at == start:
        return None
    relation, columns, count = text[found[start].start : found[at - 1].end], b"", 0
    if words[at : at + 1] == ["("]:
        start, at = at, past_group(words, at)
        columns, count = text[found[start].start : found[at - 1].end], words[start:at].count(",") + 1
    if words[at : at + 2] != ["from", "stdin"] or _NO_MORE & set(words[at:]):
        return None
    if not columns:
        return b"insert into " + relation + b" default values"
    nulls = b", ".join([b"null"] * count)
    return b"insert into " + relation + b" " + columns + b" overriding system value values (" + nulls + b")"
