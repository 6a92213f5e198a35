"""Bind: a statement and its parameters' values become a portal."""

from typing import ClassVar

import msgspec

from proxy.errors import ProtocolViolation
from proxy.wire.constants import ClientType, Format
from proxy.wire.fields import Cursor, put_formats, put_string, put_uint16, put_value
from proxy.wire.frame import pack


class Bind(msgspec.Struct, frozen=True):
    """formats, result_formats: none (all text), one for all, or one each. parameters: None is NULL."""

    type: ClassVar[ClientType] = ClientType.BIND
    portal: bytes
    statement: bytes
    formats: tuple[Format, ...] = ()
    parameters: tuple[bytes | None, ...] = ()
    result_formats: tuple[Format, ...] = ()

    @classmethod
    def decode(cls, payload: bytes) -> "Bind":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "Bind")
        portal, statement = cursor.string(), cursor.string()
        formats = cursor.many(cursor.uint16(), cursor.format)
        parameters = cursor.many(cursor.uint16(), cursor.value)
        result_formats = cursor.many(cursor.uint16(), cursor.format)
        cursor.end()
        check_formats(len(formats), len(parameters), "Bind")
        return cls(portal, statement, formats, parameters, result_formats)

    def encode(self) -> bytes:
        """The whole frame."""
        check_formats(len(self.formats), len(self.parameters), "Bind")
        parts = [put_string(self.portal), put_string(self.statement)]
        parts += [put_uint16(len(self.formats)), put_formats(self.formats)]
        parts += [put_uint16(len(self.parameters)), *map(put_value, self.parameters)]
        parts += [put_uint16(len(self.result_formats)), put_formats(self.result_formats)]
        return pack(self.type, b"".join(parts))


def check_formats(formats: int, values: int, what: str) -> None:
    """Refuses a list of format codes that is not empty, one for all, or one each (postgres.c, exec_bind_message)."""
    if formats not in (0, 1, values):
        raise ProtocolViolation(f"{what}: {formats} format codes for {values} values")
