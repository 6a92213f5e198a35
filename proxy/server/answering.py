"""A message that the lane holds, taken apart, and the two ways to answer it."""

import struct
from typing import Final, TypeAlias

import msgspec

from proxy.errors import InvariantBroken
from proxy.lane.verdict import Verdict
from proxy.relay.words import Event

_NO_TYPES: Final = b"\0\0"


class Statement(msgspec.Struct, frozen=True):
    """What is to be decided. text None: a statement or portal that the protocol did not make; name is its name.
    types: the tail of a Parse, count and OIDs. parse, bind: the whole payload of the Parse, of the Bind, where there is
    one."""

    event: Event
    text: bytes | None
    name: bytes = b""
    types: bytes = _NO_TYPES
    parse: bytes = b""
    bind: bytes = b""

    @property
    def type_oids(self) -> bytes:
        """The parameter types as they stand in the key of a decision."""
        return self.types[2:]


class Resolved(msgspec.Struct, frozen=True):
    """The statement is decided. parsed: the server has taken this very Parse in the probe."""

    verdict: Verdict
    parsed: bool = False


class Failed(msgspec.Struct, frozen=True):
    """The server itself rejects the statement. error, ready: what the client gets; verdict: what its record says."""

    error: bytes
    verdict: Verdict | None
    sqlstate: bytes
    ready: bytes = b""


class Again(msgspec.Struct, frozen=True):
    """Somebody else has decided the same meanwhile: look it up."""


Outcome: TypeAlias = Resolved | Failed | Again


def statement_of(event: Event, payload: bytes, stored: bytes) -> Statement:
    """Takes a held message apart. stored: the payload of the Parse behind a Bind, empty where there was none."""
    match event:
        case Event.QUERY:
            return Statement(event, payload)
        case Event.PARSE:
            return _parsed(event, payload)
        case Event.BIND if stored:
            return _parsed(event, stored, payload)
        case Event.BIND:
            _, _, rest = payload.partition(b"\0")
            return Statement(event, None, rest.partition(b"\0")[0], bind=payload)
        case Event.EXECUTE:
            return Statement(event, None, payload.partition(b"\0")[0])
        case _:
            raise InvariantBroken(f"{event.name} is not held for a decision")


def _parsed(event: Event, payload: bytes, bind: bytes = b"") -> Statement:
    name, _, rest = payload.partition(b"\0")
    text, _, types = rest.partition(b"\0")
    (count,) = struct.unpack_from("!H", types)
    return Statement(event, text, name, types[: 2 + 4 * count], payload, bind)
