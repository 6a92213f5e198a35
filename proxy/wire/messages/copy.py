"""COPY: the responses that start it, its data in both directions, and its end."""

from typing import ClassVar

import msgspec

from proxy.errors import ProtocolViolation
from proxy.wire.constants import ClientType, Format, ServerType
from proxy.wire.fields import Cursor, put_columns, put_formats, put_string
from proxy.wire.frame import pack


class CopyData(msgspec.Struct, frozen=True):
    """A piece of the stream; the server cuts at rows, a client anywhere. Both directions have the same type byte."""

    type: ClassVar[ClientType] = ClientType.COPY_DATA
    data: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "CopyData":
        """From a payload."""
        return cls(payload)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, self.data)


class CopyDone(msgspec.Struct, frozen=True):
    """The stream is over and good. Both directions have the same type byte."""

    type: ClassVar[ClientType] = ClientType.COPY_DONE

    @classmethod
    def decode(cls, payload: bytes) -> "CopyDone":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "CopyDone").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class CopyFail(msgspec.Struct, frozen=True):
    """The client gives up; the server answers with an error that holds the reason."""

    type: ClassVar[ClientType] = ClientType.COPY_FAIL
    reason: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "CopyFail":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "CopyFail")
        reason = cursor.string()
        cursor.end()
        return cls(reason)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_string(self.reason))


class CopyInResponse(msgspec.Struct, frozen=True):
    """The server waits for the client's data. format: of the whole stream; columns: of each column."""

    type: ClassVar[ServerType] = ServerType.COPY_IN_RESPONSE
    format: Format
    columns: tuple[Format, ...]

    @classmethod
    def decode(cls, payload: bytes) -> "CopyInResponse":
        """From a payload. Raises ProtocolViolation."""
        return cls(*_read(payload, "CopyInResponse"))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, _write(self.format, self.columns))


class CopyOutResponse(msgspec.Struct, frozen=True):
    """The server's data follows."""

    type: ClassVar[ServerType] = ServerType.COPY_OUT_RESPONSE
    format: Format
    columns: tuple[Format, ...]

    @classmethod
    def decode(cls, payload: bytes) -> "CopyOutResponse":
        """From a payload. Raises ProtocolViolation."""
        return cls(*_read(payload, "CopyOutResponse"))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, _write(self.format, self.columns))


class CopyBothResponse(msgspec.Struct, frozen=True):
    """Data flows both ways: streaming replication only."""

    type: ClassVar[ServerType] = ServerType.COPY_BOTH_RESPONSE
    format: Format
    columns: tuple[Format, ...]

    @classmethod
    def decode(cls, payload: bytes) -> "CopyBothResponse":
        """From a payload. Raises ProtocolViolation."""
        return cls(*_read(payload, "CopyBothResponse"))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, _write(self.format, self.columns))


def _read(payload: bytes, what: str) -> tuple[Format, tuple[Format, ...]]:
    cursor = Cursor(payload, what)
    if (overall := cursor.take(1)[0]) not in (Format.TEXT, Format.BINARY):
        raise cursor.refuse(f"overall format {overall} is neither text nor binary")
    columns = cursor.many(cursor.columns(), cursor.format)
    cursor.end()
    _check(Format(overall), columns)
    return Format(overall), columns


def _write(overall: Format, columns: tuple[Format, ...]) -> bytes:
    _check(overall, columns)
    return bytes([overall]) + put_columns(len(columns)) + put_formats(columns)


def _check(overall: Format, columns: tuple[Format, ...]) -> None:
    """ "Message Formats", CopyInResponse: if the overall format is textual, all must be."""
    if overall is Format.TEXT and Format.BINARY in columns:
        raise ProtocolViolation("a textual COPY with a binary column")
