"""NegotiateProtocolVersion: the server speaks an older minor version, or not every extension asked for."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import PROTOCOL_MAJOR, ServerType
from proxy.wire.fields import Cursor, put_int32, put_string, put_uint16
from proxy.wire.frame import pack


class NegotiateProtocolVersion(msgspec.Struct, frozen=True):
    """minor: the newest of major 3 that the server speaks; unrecognized: the `_pq_.` parameters it does not know."""

    type: ClassVar[ServerType] = ServerType.NEGOTIATE_PROTOCOL_VERSION
    minor: int
    unrecognized: tuple[bytes, ...] = ()

    @classmethod
    def decode(cls, payload: bytes) -> "NegotiateProtocolVersion":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "NegotiateProtocolVersion")
        # The server sends the whole version (backend_startup.c, SendNegotiateProtocolVersion), and libpq reads it so.
        if (major := cursor.uint16()) != PROTOCOL_MAJOR:
            raise cursor.refuse(f"protocol {major} is not 3")
        minor, count = cursor.uint16(), cursor.int32()
        if not 0 <= count <= len(payload):  # a name takes at least one byte: never count further than that
            raise cursor.refuse("more names than bytes")
        unrecognized = cursor.many(count, cursor.string)
        cursor.end()
        return cls(minor, unrecognized)

    def encode(self) -> bytes:
        """The whole frame."""
        names = b"".join(put_string(name) for name in self.unrecognized)
        version = put_uint16(PROTOCOL_MAJOR) + put_uint16(self.minor)
        return pack(self.type, version + put_int32(len(self.unrecognized)) + names)
