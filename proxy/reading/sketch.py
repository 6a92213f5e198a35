"""A query rewritten for sqlglot: the same shape in plain spelling, so that its tokenizer cannot read it differently
than the server does. Comments go, literals of unusual form become short ones."""

import re
from collections.abc import Iterable, Sequence

from proxy.reading.words import LITERALS, NUMBER, QUOTED, STRING, UNICODE, WORD, Word, decode

MOST = 3000
"""Words that sqlglot is given at most (about 10 us each)."""
DEEPEST = 30
"""Open parentheses, brackets and CASEs, and prefix operators in a row: sqlglot recurses."""
UNKNOWN = "'?'"
"""Stands for a string whose value was dropped."""

_SIMPLE = re.compile(r"'[^'\\]{0,40}'")
_BEYOND = re.compile(r"\b(CURRENT\s+OF\s+\S+)|\bOVERRIDING\s+(?:SYSTEM|USER)\s+VALUE\b", re.IGNORECASE)
"""What sqlglot does not know and what changes nothing that is read here."""
RESERVED = frozenset((
    "all", "and", "any", "array", "as", "asc", "both", "case", "cast", "check", "column", "create", "cross",
    "default", "desc", "distinct", "else", "end", "except", "false", "fetch", "for", "foreign", "from", "full",
    "grant", "group", "having", "in", "inner", "intersect", "into", "is", "join", "leading", "left", "like", "limit",
    "natural", "null", "offset", "on", "only", "or", "order", "outer", "primary", "references", "right",
    "select", "table", "then", "to", "trailing", "true", "union", "unique", "using", "values", "when", "where",
    "window", "with", "insert", "update", "delete", "merge",
))  # fmt: skip
"""Reserved words that may still be labels; sqlglot wants them quoted."""


def sketch(data: bytes, words: Sequence[Word]) -> str | None:
    """The text for sqlglot; None where it is too long or too deep for it."""
    if len(words) > MOST or too_deep(words):
        return None
    pieces: list[str] = []
    before = Word(0, 0, 0, 0)
    for word in words:
        if word.start > before.end and pieces:
            pieces.append(" ")
        pieces.append(_piece(data, word, before))
        before = word
    return _BEYOND.sub(lambda found: "current_of_cursor" if found[1] else "", "".join(pieces))


def _piece(data: bytes, word: Word, before: Word) -> str:
    kind = word.kind
    if kind == WORD:
        text = decode(data[word.start : word.end])
        return f'"{word.key}"' if before.key in ("as", ".") and word.key in RESERVED else text
    if kind == STRING:
        text = decode(data[word.start : word.end])
        return text if _SIMPLE.fullmatch(text) else UNKNOWN
    if kind in (QUOTED, UNICODE):
        return '"' + (word.name or "?").replace('"', '""') + '"'
    if kind in LITERALS:
        return decode(data[word.start : word.end]) if kind < STRING else "B'0'"
    if kind == NUMBER:
        return "1"
    return word.key


def too_deep(words: Iterable[Word]) -> bool:
    """Whether parentheses, brackets and CASEs nest too far, or prefixes stand in too long a row."""
    depth = deepest = row = 0
    for word in words:
        key = word.key
        if key in ("(", "[", "case"):
            depth += 1
            deepest = max(deepest, depth)
        elif key in (")", "]", "end"):
            depth -= 1
        row = row + 1 if key and (key in "+-~!@" or key in ("|/", "||/")) else 0
        deepest = max(deepest, row)
    return deepest > DEEPEST
