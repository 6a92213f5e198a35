"""Query: one string of commands for the simple protocol."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ClientType
from proxy.wire.fields import Cursor, put_string
from proxy.wire.frame import pack


class Query(msgspec.Struct, frozen=True):
    """sql: the text in the client's encoding."""

    type: ClassVar[ClientType] = ClientType.QUERY
    sql: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "Query":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "Query")
        sql = cursor.string()
        cursor.end()
        return cls(sql)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_string(self.sql))
