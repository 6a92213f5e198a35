"""What a statement takes and yields: ParameterDescription, RowDescription, DataRow, CommandComplete."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import Format, ServerType
from proxy.wire.fields import (
    Cursor,
    put_columns,
    put_formats,
    put_int16,
    put_int32,
    put_string,
    put_uint16,
    put_uint32,
    put_value,
)
from proxy.wire.frame import pack


class ParameterDescription(msgspec.Struct, frozen=True):
    """The type OID of each parameter of a statement."""

    type: ClassVar[ServerType] = ServerType.PARAMETER_DESCRIPTION
    types: tuple[int, ...]

    @classmethod
    def decode(cls, payload: bytes) -> "ParameterDescription":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "ParameterDescription")
        types = cursor.many(cursor.uint16(), cursor.uint32)
        cursor.end()
        return cls(types)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_uint16(len(self.types)) + b"".join(map(put_uint32, self.types)))


class FieldDescription(msgspec.Struct, frozen=True):
    """One column of a result. relation, attnum: the plain column it shows, 0 where it is none."""

    name: bytes
    relation: int
    attnum: int
    type_oid: int
    type_size: int
    typmod: int
    format: Format

    @classmethod
    def read(cls, cursor: Cursor) -> "FieldDescription":
        """The next field of a RowDescription. Raises ProtocolViolation."""
        name, relation, attnum, type_oid = cursor.string(), cursor.uint32(), cursor.int16(), cursor.uint32()
        return cls(name, relation, attnum, type_oid, cursor.int16(), cursor.int32(), cursor.format())

    def put(self) -> bytes:
        """Its bytes in a RowDescription."""
        origin = put_uint32(self.relation) + put_int16(self.attnum)
        type_ = put_uint32(self.type_oid) + put_int16(self.type_size) + put_int32(self.typmod)
        return put_string(self.name) + origin + type_ + put_formats([self.format])


class RowDescription(msgspec.Struct, frozen=True):
    """The columns of the rows that follow."""

    type: ClassVar[ServerType] = ServerType.ROW_DESCRIPTION
    fields: tuple[FieldDescription, ...]

    @classmethod
    def decode(cls, payload: bytes) -> "RowDescription":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "RowDescription")
        fields = cursor.many(cursor.columns(), lambda: FieldDescription.read(cursor))
        cursor.end()
        return cls(fields)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_columns(len(self.fields)) + b"".join(field.put() for field in self.fields))


class DataRow(msgspec.Struct, frozen=True):
    """One row; None is NULL."""

    type: ClassVar[ServerType] = ServerType.DATA_ROW
    values: tuple[bytes | None, ...]

    @classmethod
    def decode(cls, payload: bytes) -> "DataRow":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "DataRow")
        values = cursor.many(cursor.columns(), cursor.value)
        cursor.end()
        return cls(values)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_columns(len(self.values)) + b"".join(map(put_value, self.values)))


class CommandComplete(msgspec.Struct, frozen=True):
    """A command is over. tag: its word, often with a row count."""

    type: ClassVar[ServerType] = ServerType.COMMAND_COMPLETE
    tag: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "CommandComplete":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "CommandComplete")
        tag = cursor.string()
        cursor.end()
        return cls(tag)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_string(self.tag))
