"""Parse: gives a statement a name, and types to its parameters."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ClientType
from proxy.wire.fields import Cursor, put_string, put_uint16, put_uint32
from proxy.wire.frame import pack


class Parse(msgspec.Struct, frozen=True):
    """statement: its name, empty for the unnamed one; parameter_types: OIDs, 0 where the server shall infer."""

    type: ClassVar[ClientType] = ClientType.PARSE
    statement: bytes
    sql: bytes
    parameter_types: tuple[int, ...] = ()

    @classmethod
    def decode(cls, payload: bytes) -> "Parse":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "Parse")
        statement, sql = cursor.string(), cursor.string()
        types = cursor.many(cursor.uint16(), cursor.uint32)
        cursor.end()
        return cls(statement, sql, types)

    def encode(self) -> bytes:
        """The whole frame."""
        types = b"".join(put_uint32(oid) for oid in self.parameter_types)
        texts = put_string(self.statement) + put_string(self.sql)
        return pack(self.type, texts + put_uint16(len(self.parameter_types)) + types)
