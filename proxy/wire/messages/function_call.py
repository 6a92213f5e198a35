"""FunctionCall and its answer: an old fast path that carries no SQL text."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ClientType, Format, ServerType
from proxy.wire.fields import Cursor, put_formats, put_uint16, put_uint32, put_value
from proxy.wire.frame import pack
from proxy.wire.messages.bind import check_formats


class FunctionCall(msgspec.Struct, frozen=True):
    """Calls a function by its OID. formats: none (all text), one for all, or one each; None is NULL."""

    type: ClassVar[ClientType] = ClientType.FUNCTION_CALL
    function: int
    formats: tuple[Format, ...] = ()
    arguments: tuple[bytes | None, ...] = ()
    result_format: Format = Format.TEXT

    @classmethod
    def decode(cls, payload: bytes) -> "FunctionCall":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "FunctionCall")
        function = cursor.uint32()
        formats = cursor.many(cursor.uint16(), cursor.format)
        arguments = cursor.many(cursor.uint16(), cursor.value)
        result_format = cursor.format()
        cursor.end()
        check_formats(len(formats), len(arguments), "FunctionCall")
        return cls(function, formats, arguments, result_format)

    def encode(self) -> bytes:
        """The whole frame."""
        check_formats(len(self.formats), len(self.arguments), "FunctionCall")
        parts = [put_uint32(self.function), put_uint16(len(self.formats)), put_formats(self.formats)]
        parts += [put_uint16(len(self.arguments)), *map(put_value, self.arguments)]
        return pack(self.type, b"".join(parts) + put_formats([self.result_format]))


class FunctionCallResponse(msgspec.Struct, frozen=True):
    """The function's result; None is NULL."""

    type: ClassVar[ServerType] = ServerType.FUNCTION_CALL_RESPONSE
    value: bytes | None

    @classmethod
    def decode(cls, payload: bytes) -> "FunctionCallResponse":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "FunctionCallResponse")
        value = cursor.value()
        cursor.end()
        return cls(value)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_value(self.value))
