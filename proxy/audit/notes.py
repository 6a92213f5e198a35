"""What stands in front of a definition's or a note's JSON, and notes themselves."""

from typing import Any, Final, TypeAlias

import msgspec

from proxy.errors import JournalDamaged

LONGEST: Final = 10
NoteKey: TypeAlias = tuple[str, int]
"""A session's id and the serial of an execution in it; serial 0: the session. An empty id: the process."""


class NoteBody(msgspec.Struct, frozen=True):
    """A note's JSON."""

    kind: str
    facts: dict[str, Any]  # whatever the caller found worth a note


class Note(msgspec.Struct, frozen=True):
    """A note as it stands in its entry. session: a reference."""

    session: int
    serial: int
    time_us: int
    body: NoteBody


def number(payload: bytes, at: int) -> tuple[int, int]:
    """The number at an offset (seven bits a byte, lowest first) and the offset behind it. Raises JournalDamaged."""
    value = 0
    for index, byte in enumerate(payload[at : at + LONGEST]):
        value |= (byte & 127) << (7 * index)
        if byte < 128:
            return value, at + index + 1
    raise JournalDamaged("a number in an entry has no end")


def read_note(payload: bytes) -> Note:
    """The note of an entry's payload. Raises JournalDamaged: it is none."""
    session, at = number(payload, 0)
    serial, at = number(payload, at)
    folded, at = number(payload, at)
    try:
        body = msgspec.json.decode(payload[at:], type=NoteBody)
    except msgspec.DecodeError:
        raise JournalDamaged("a note is not what its writer left") from None
    return Note(session, serial, (folded >> 1) ^ -(folded & 1), body)
