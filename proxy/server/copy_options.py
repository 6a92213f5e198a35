"""The options of a COPY TO STDOUT (manual, "COPY"), both ways of writing them. None: something is not understood."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

Words: TypeAlias = Sequence[tuple[str, bytes]]
"""Tokens: a word or mark in lower case (empty for literals and quoted names), and the token as written."""
Value: TypeAlias = bytes | bool | None
SAID: Final = True
"""Of an option that takes no value."""

NO_STANDARD_STRINGS: Final = 1
UNSAFE_ENCODING: Final = 2
"""Options of the lexer: backslashes escape in plain strings; a byte of a longer character may look like a delimiter."""

_STRING: Final = re.compile(rb"'((?:[^']|'')*)'")
_ESCAPED: Final = re.compile(rb"E'((?:[^'\\]|''|\\[\\'t])*)'", re.IGNORECASE)
_TRUTH: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "on", "1", "'true'", "'on'"), True),
    **dict.fromkeys(("false", "off", "0", "'false'", "'off'"), False),
}
_NOT_FOR_TEXT: Final = rb"\.abcdefghijklmnopqrstuvwxyz0123456789"
_SAFE: Final = frozenset(
    ["utf8", "unicode", "sqlascii", "euccn", "eucjp", "euckr", "euctw", "eucjis2004", "koi8r", "koi8u", "win866"]
    + [f"latin{number}" for number in range(1, 11)]
    + [f"iso8859{number}" for number in range(1, 17)]
    + [f"win125{number}" for number in range(9)]
)
"""Encodings, by letters and digits, in which no byte of a longer character is ASCII."""


_FORMATS: Final[Mapping[str, tuple[str, bool]]] = {
    "text": ("csv", False), "csv": ("csv", True), "binary": ("binary", True)
}  # fmt: skip


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream is written. form: text, csv or binary."""

    form: str
    header: bool = False
    force: bool = False
    delimiter: bytes = b"\t"
    quote: bytes = b'"'
    escape: bytes = b'"'
    null: bytes = rb"\N"


def stream_of(words: Words, options: int, *, binary: bool) -> Stream | None:
    """What stands behind STDOUT. options: the lexer's; binary: the word stood before the relation."""
    said: dict[str, Value] = {"binary": True} if binary else {}
    at = _delimiters(words, said, options)
    if at < len(words) and words[at][0] == "with":
        at += 1
    rest = words[at:]
    if rest and rest[0][0] == "(":
        understood = rest[-1][0] == ")" and _listed(rest[1:-1], said, options)
    else:
        understood = _in_a_row(rest, said, options)
    return _stream(said, options) if understood else None


def _delimiters(words: Words, said: dict[str, Value], options: int) -> int:
    """[USING] DELIMITERS 'c', of before 7.3, stands before WITH."""
    at = int(bool(words) and words[0][0] == "using")
    if at < len(words) and words[at][0] == "delimiters" and at + 1 < len(words):
        return at + 2 if _say(said, "delimiter", _string(words[at + 1][1], options)) else 0
    return 0


def _say(said: dict[str, Value], name: str, value: Value) -> bool:
    """Notes an option once; the server takes none twice."""
    if value is None or name in said:
        return False
    said[name] = value
    return True


def _listed(words: Words, said: dict[str, Value], options: int) -> bool:
    """name [value], …"""
    for option in _parted(words):
        name, value = (option[0][0], option[1:]) if option else ("", [])
        if not _say(said, *_option(name, value, options)):
            return False
    return True


def _parted(words: Words) -> list[list[tuple[str, bytes]]]:
    """The words between commas that stand in no parentheses."""
    parts: list[list[tuple[str, bytes]]] = [[]]
    depth = 0
    for word in words:
        depth += (word[0] == "(") - (word[0] == ")")
        if word[0] == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _option(name: str, value: Words, options: int) -> tuple[str, Value]:
    """One option of the list."""
    first = value[0] if len(value) == 1 else ("", b"")
    match name:
        case "format":
            word = first[0] or (_string(first[1], options) or b"").decode("ascii", "replace")
            return _FORMATS.get(word, (name, None))
        case "header":
            return name, _truth(value)
        case "delimiter" | "null" | "quote" | "escape":
            return name, _string(first[1], options)
        case "force_quote":
            return name, True if first[0] == "*" or _names(value) else None
        case "encoding":
            return name, _encoding(first[0].encode() or _string(first[1], options))
        case _:
            return name, None


def _names(words: Words) -> bool:
    """(name, …)"""
    return len(words) > 2 and words[0][0] == "(" and words[-1][0] == ")"


def _in_a_row(words: Words, said: dict[str, Value], options: int) -> bool:
    """BINARY, CSV, HEADER, DELIMITER [AS] 'c', FORCE QUOTE …: as before 9.0."""
    at = 0
    while at < len(words):
        name = words[at][0]
        at += 1
        if name in ("binary", "csv", "header"):
            understood = _say(said, name, SAID)
        elif name in ("delimiter", "null", "quote", "escape", "encoding"):
            at += at < len(words) and words[at][0] == "as" and name != "encoding"
            value = _string(words[at][1], options) if at < len(words) else None
            understood = _say(said, name, _encoding(value) if name == "encoding" else value)
            at += 1
        elif name == "force" and at < len(words) and words[at][0] == "quote":
            at = _past_columns(words, at + 1)
            understood = _say(said, "force_quote", SAID)
        else:
            return False
        if not understood:
            return False
    return True


def _past_columns(words: Words, at: int) -> int:
    """Behind * or a list of columns without parentheses."""
    at += 1
    while at + 1 < len(words) and words[at][0] == ",":
        at += 2
    return at


def _truth(value: Words) -> bool | None:
    """A Boolean of an option (defGetBoolean); nothing is true."""
    if not value:
        return True
    word = value[0][0] or value[0][1].decode("ascii", "replace").lower()
    return _TRUTH.get(word) if len(value) == 1 else None


def _string(token: bytes, options: int) -> bytes | None:
    """What a string constant spells; None where that takes more than looking at it."""
    if (plain := _STRING.fullmatch(token)) is not None:
        doubtful = options & NO_STANDARD_STRINGS and b"\\" in plain[1]
        return None if doubtful else plain[1].replace(b"''", b"'")
    if (escaped := _ESCAPED.fullmatch(token)) is None:
        return None
    return re.sub(rb"''|\\.", lambda found: b"\t" if found[0] == rb"\t" else found[0][1:], escaped[1])


def _encoding(name: bytes | None) -> bool | None:
    """True for an encoding in which a delimiter is a delimiter."""
    if name is None:
        return None
    plain = re.sub(r"[^a-z0-9]", "", name.decode("ascii", "replace").lower())
    return True if plain in _SAFE else None


def _stream(said: dict[str, Value], options: int) -> Stream | None:
    """The options together; None where the server would not take them, or a value could look like NULL."""
    binary, csv = bool(said.pop("binary", False)), bool(said.pop("csv", False))
    safe = said.pop("encoding", False) or not options & UNSAFE_ENCODING
    if binary:
        return Stream(form="binary") if not csv and not said else None
    if not safe:
        return None
    texts = {name: value for name, value in said.items() if isinstance(value, bytes)}
    made = Stream(
        form="csv" if csv else "text",
        header=bool(said.get("header", False)),
        force=bool(said.get("force_quote", False)),
        delimiter=texts.get("delimiter", b"," if csv else b"\t"),
        quote=texts.get("quote", b'"'),
        escape=texts.get("escape", texts.get("quote", b'"')),
        null=texts.get("null", b"" if csv else rb"\N"),
    )
    if not csv:
        plain = made.null == rb"\N" and not said.keys() & {"quote", "escape", "force_quote"}
        return made if plain and _mark(made.delimiter) and made.delimiter not in _NOT_FOR_TEXT + made.null else None
    return made if _fits(made) else None


def _mark(byte: bytes) -> bool:
    return len(byte) == 1 and (byte == b"\t" or b" " <= byte <= b"~")


def _fits(made: Stream) -> bool:
    """Marks of one byte that cannot be taken for each other, and a NULL that no mark is part of."""
    marks = _mark(made.delimiter) and _mark(made.quote) and _mark(made.escape)
    apart = made.delimiter not in (made.quote, made.escape)
    return marks and apart and made.null.isascii() and not any(
        mark in made.null for mark in (made.delimiter, made.quote, b"\n", b"\r", b"\0")
    )  # fmt: skip
