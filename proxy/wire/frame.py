"""One message as it travels: a type byte and a payload."""

import msgspec

from proxy.errors import ProtocolViolation
from proxy.wire.constants import HEADER, MAX_LENGTH, MIN_LENGTH


class Frame(msgspec.Struct, frozen=True):
    """A whole message. type: one byte; payload: what follows the length word."""

    type: bytes
    payload: bytes

    def encode(self) -> bytes:
        """The bytes it came from."""
        return pack(self.type, self.payload)


def pack(type_: bytes, payload: bytes) -> bytes:
    """A typed message: header, then payload. Raises ProtocolViolation where no length word can state it."""
    if (length := len(payload) + MIN_LENGTH) > MAX_LENGTH:
        raise ProtocolViolation(f"a message of {length} bytes is longer than the protocol allows")
    return HEADER.pack(type_, length) + payload


def pack_untyped(payload: bytes) -> bytes:
    """A message of the opening, which has no type byte ("Message Formats", StartupMessage)."""
    return (len(payload) + MIN_LENGTH).to_bytes(4, "big") + payload
