"""Describe and Close: they name a statement or a portal."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ClientType, Target
from proxy.wire.fields import Cursor, put_string
from proxy.wire.frame import pack


class Describe(msgspec.Struct, frozen=True):
    """Asks what a statement takes and yields, or what a portal yields."""

    type: ClassVar[ClientType] = ClientType.DESCRIBE
    target: Target
    name: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "Describe":
        """From a payload. Raises ProtocolViolation."""
        return cls(*_read(payload, "Describe"))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, self.target.value + put_string(self.name))


class Close(msgspec.Struct, frozen=True):
    """Forgets a statement or a portal; no error where it does not exist."""

    type: ClassVar[ClientType] = ClientType.CLOSE
    target: Target
    name: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "Close":
        """From a payload. Raises ProtocolViolation."""
        return cls(*_read(payload, "Close"))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, self.target.value + put_string(self.name))


def _read(payload: bytes, what: str) -> tuple[Target, bytes]:
    cursor = Cursor(payload, what)
    if (letter := cursor.take(1)) not in Target.__members__.values():
        raise cursor.refuse(f"{letter!r} names neither a statement nor a portal")
    name = cursor.string()
    cursor.end()
    return Target(letter), name
