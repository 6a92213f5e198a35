"""Stored values as a person reads them: in the text of their statement, and as a list of parameters."""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from proxy.audit.decoded import Value

PLACE: Final = re.compile(r'"[^"]*"|[\x01-\x05]')
"""A quoted identifier, in which such a byte is part of the name, or the place of a literal."""
NOT_STORED: Final = "<value>"
LEFT_OUT: Final = "<left out>"


class ValueKind(IntEnum):
    """Where a value came from."""

    LITERAL = 0
    TEXT = 1
    BINARY = 2


class Form(IntEnum):
    """How a value is stored."""

    NULL = 0
    CLEAR = 1
    CUT = 2
    DIGEST = 3


def statement(template: str | None, values: Sequence[Value], omitted: int) -> str | None:
    """The text with its literals, as far as they are stored; omitted: how many values were left out."""
    if template is None:
        return None
    literals = iter([value for value in values if value[0] == ValueKind.LITERAL])
    missing = LEFT_OUT if omitted else NOT_STORED
    return PLACE.sub(lambda place: _placed(place.group(), literals, missing), template)


def parameters(values: Sequence[Value]) -> list[object]:
    """The bound parameters, as Record says."""
    return [_parameter(value) for value in values if value[0] != ValueKind.LITERAL]


def _placed(text: str, literals: Iterator[Value], missing: str) -> str:
    if text[0] == '"':
        return text
    if (value := next(literals, None)) is None:
        return missing
    _, form, data, length = value
    match form:
        case Form.CLEAR:
            return _text(data)
        case Form.CUT:
            return f"{_text(data)}<cut of {length} bytes>"
        case Form.DIGEST:
            return f"<digest:{(data or b'').hex()}>"
        case _:
            return missing


def _parameter(value: Value) -> object:
    kind, form, data, length = value
    shown = data or b""
    clear: dict[str, object] = {"binary": shown.hex()} if kind == ValueKind.BINARY else {"text": _text(shown)}
    match form:
        case Form.NULL:
            return None
        case Form.CLEAR:
            return clear
        case Form.CUT:
            return clear | {"cut": length}
        case _:
            return {"digest": shown.hex()}


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")
