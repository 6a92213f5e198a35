"""The fields that messages are made of, read with every bound checked and written with every count checked."""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import TypeVar

from proxy.errors import ProtocolViolation
from proxy.wire.constants import MAX_COUNT, Format

_Read = TypeVar("_Read")
_INT16, _UINT16, _INT32, _UINT32 = Struct("!h"), Struct("!H"), Struct("!i"), Struct("!I")
_NULL = -1


class Cursor:
    """Reads one payload field by field; what: the message's name for the error. Each read checks the end first."""

    __slots__ = ("_at", "_payload", "_what")

    def __init__(self, payload: bytes, what: str) -> None:
        self._payload, self._at, self._what = payload, 0, what

    def refuse(self, why: str) -> ProtocolViolation:
        """The error to raise about this message."""
        return ProtocolViolation(f"{self._what}: {why}")

    def take(self, size: int) -> bytes:
        """The next size bytes."""
        end = self._at + size
        if size < 0 or end > len(self._payload):
            raise self.refuse("a field runs past the end of the message")
        taken, self._at = self._payload[self._at : end], end
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._payload) - self._at)

    def string(self) -> bytes:
        """Up to the next NUL, without it."""
        end = self._payload.find(b"\0", self._at)
        if end < 0:
            raise self.refuse("a string has no terminator")
        value = self._payload[self._at : end]
        self._at = end + 1
        return value

    def int16(self) -> int:
        """A signed Int16."""
        return self._integer(_INT16)

    def uint16(self) -> int:
        """An Int16 that the server reads as unsigned."""
        return self._integer(_UINT16)

    def int32(self) -> int:
        """A signed Int32."""
        return self._integer(_INT32)

    def uint32(self) -> int:
        """An Int32 that the server reads as unsigned, such as an OID."""
        return self._integer(_UINT32)

    def columns(self) -> int:
        """A signed Int16 that counts columns: not negative."""
        if (count := self.int16()) < 0:
            raise self.refuse("a negative number of columns")
        return count

    def value(self) -> bytes | None:
        """An Int32 length and that many bytes; None for NULL (length -1)."""
        length = self.int32()
        return None if length == _NULL else self.take(length)

    def format(self) -> Format:
        """A format code."""
        code = self.int16()
        if code not in (Format.TEXT, Format.BINARY):
            raise self.refuse(f"format code {code} is neither text nor binary")
        return Format(code)

    def many(self, count: int, read: Callable[[], _Read]) -> tuple[_Read, ...]:
        """count fields of one kind."""
        return tuple(read() for _ in range(count))

    def more(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._payload)

    def end(self) -> None:
        """Refuses bytes behind the last field."""
        if self.more():
            raise self.refuse(f"{len(self._payload) - self._at} bytes behind the last field")

    def _integer(self, kind: Struct) -> int:
        value: int = kind.unpack(self.take(kind.size))[0]
        return value


def put_string(value: bytes) -> bytes:
    """value and its terminator; an embedded NUL would end it early and make the rest another field."""
    if b"\0" in value:
        raise ProtocolViolation("a string holds a NUL")
    return value + b"\0"


def put_int16(value: int) -> bytes:
    """A signed Int16."""
    return _INT16.pack(_within(value, -0x8000, 0x7FFF))


def put_uint16(value: int) -> bytes:
    """An unsigned Int16, such as a count of parameters."""
    return _UINT16.pack(_within(value, 0, MAX_COUNT))


def put_int32(value: int) -> bytes:
    """A signed Int32."""
    return _INT32.pack(_within(value, -0x80000000, 0x7FFFFFFF))


def put_uint32(value: int) -> bytes:
    """An unsigned Int32."""
    return _UINT32.pack(_within(value, 0, 0xFFFFFFFF))


def put_columns(count: int) -> bytes:
    """A count of columns."""
    return _INT16.pack(_within(count, 0, 0x7FFF))


def put_value(value: bytes | None) -> bytes:
    """A length and the bytes; None is NULL."""
    return put_int32(_NULL) if value is None else put_int32(len(value)) + value


def put_formats(formats: Iterable[Format]) -> bytes:
    """Format codes, without their count."""
    return b"".join(put_int16(format_) for format_ in formats)


def _within(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ProtocolViolation(f"a field cannot hold {value}: it takes {low} to {high}")
    return value
