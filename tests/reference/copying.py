"""COPY TO STDOUT as the server writes it (copyto.c, CopyAttributeOutText, CopyAttributeOutCSV, CopyOneRowTo)."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TEXT, CSV, BINARY = 0, 1, 2
Row = Sequence[bytes | None]
NAMED: Final = {b"\b": rb"\b", b"\f": rb"\f", b"\n": rb"\n", b"\r": rb"\r", b"\t": rb"\t", b"\v": rb"\v"}


@dataclass(frozen=True)
class Options:
    """What the statement says of the stream."""

    form: int = TEXT
    header: bool = False
    force: bool = False
    delimiter: bytes = b"\t"
    quote: bytes = b'"'
    escape: bytes = b'"'
    null: bytes = rb"\N"


def written(rows: Sequence[Row], options: Options, names: Sequence[bytes] = ()) -> list[bytes]:
    """The stream, a piece for each row; names: the header line's, where there is one."""
    if options.form == BINARY:
        head = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
        return [head, *(_tuple(row) for row in rows), b"\xff\xff"]
    lines = [_line(row, options) for row in rows]
    return [_line(names, options, plain=True), *lines] if options.header else lines


def _tuple(row: Row) -> bytes:
    fields = (struct.pack("!i", -1) if each is None else struct.pack("!i", len(each)) + each for each in row)
    return struct.pack("!h", len(row)) + b"".join(fields)


def _line(row: Row, options: Options, *, plain: bool = False) -> bytes:
    one = _csv if options.form == CSV else _text
    fields = (options.null if each is None else one(each, options, len(row), plain) for each in row)
    return options.delimiter.join(fields) + b"\n"


def _text(value: bytes, options: Options, _: int, __: bool) -> bytes:
    def escaped(found: re.Match[bytes]) -> bytes:
        return NAMED.get(found[0], b"\\" + found[0])

    return re.sub(b"[\b\f\n\r\t\v\\\\" + re.escape(options.delimiter) + b"]", escaped, value)


def _csv(value: bytes, options: Options, columns: int, plain: bool) -> bytes:
    special = {options.delimiter, options.quote, b"\n", b"\r"}
    needed = any(mark in value for mark in special) or value == options.null or (columns == 1 and value == rb"\.")
    if not needed and (plain or not options.force):
        return value
    marks = b"[" + re.escape(options.quote) + re.escape(options.escape) + b"]"
    return options.quote + re.sub(marks, lambda found: options.escape + found[0], value) + options.quote
