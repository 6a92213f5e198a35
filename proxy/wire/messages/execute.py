"""Execute: runs a portal, or goes on with it."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ClientType
from proxy.wire.fields import Cursor, put_int32, put_string
from proxy.wire.frame import pack


class Execute(msgspec.Struct, frozen=True):
    """max_rows: 0 or less is no limit."""

    type: ClassVar[ClientType] = ClientType.EXECUTE
    portal: bytes
    max_rows: int = 0

    @classmethod
    def decode(cls, payload: bytes) -> "Execute":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "Execute")
        portal, max_rows = cursor.string(), cursor.int32()
        cursor.end()
        return cls(portal, max_rows)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_string(self.portal) + put_int32(self.max_rows))
