"""ErrorResponse and NoticeResponse: fields by one-letter codes. Their words may carry values."""

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from proxy.errors import ProtocolViolation, WardenError
from proxy.wire.constants import ErrorField, ServerType
from proxy.wire.fields import Cursor, put_string
from proxy.wire.frame import pack


class ErrorResponse(msgspec.Struct, frozen=True):
    """fields: letter to text, in the order sent; letters that are not in ErrorField are kept."""

    type: ClassVar[ServerType] = ServerType.ERROR_RESPONSE
    fields: Mapping[str, bytes]

    @classmethod
    def decode(cls, payload: bytes) -> "ErrorResponse":
        """From a payload. Raises ProtocolViolation."""
        return cls(_read(payload, "ErrorResponse"))

    @property
    def sqlstate(self) -> str:
        """The five characters, empty where there are none."""
        return self.fields.get(ErrorField.SQLSTATE.value, b"").decode("ascii", "replace")

    @property
    def severity(self) -> str:
        """ERROR, FATAL or PANIC, whatever the server's language."""
        localized = self.fields.get(ErrorField.SEVERITY.value, b"")
        return self.fields.get(ErrorField.SEVERITY_UNLOCALIZED.value, localized).decode("ascii", "replace")

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, _write(self.fields))

    def __repr__(self) -> str:
        return f"ErrorResponse({self.severity} {self.sqlstate})"


class NoticeResponse(msgspec.Struct, frozen=True):
    """As ErrorResponse, but nothing has failed."""

    type: ClassVar[ServerType] = ServerType.NOTICE_RESPONSE
    fields: Mapping[str, bytes]

    @classmethod
    def decode(cls, payload: bytes) -> "NoticeResponse":
        """From a payload. Raises ProtocolViolation."""
        return cls(_read(payload, "NoticeResponse"))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, _write(self.fields))

    def __repr__(self) -> str:
        return "NoticeResponse()"


def error_response(error: WardenError) -> ErrorResponse:
    """What the client is told where the session lives on."""
    return _compose("ERROR", error)


def fatal_response(error: WardenError) -> ErrorResponse:
    """What the client is told last: the connection closes behind it."""
    return _compose("FATAL", error)


def _compose(severity: str, error: WardenError) -> ErrorResponse:
    fields = {
        ErrorField.SEVERITY: severity,
        ErrorField.SEVERITY_UNLOCALIZED: severity,
        ErrorField.SQLSTATE: error.sqlstate,
        ErrorField.MESSAGE: str(error),
        ErrorField.HINT: error.hint or "",
    }
    encoded = ((field.value, text.encode("utf-8", "replace").replace(b"\0", b"?")) for field, text in fields.items())
    return ErrorResponse({letter: text for letter, text in encoded if text})


def _read(payload: bytes, what: str) -> dict[str, bytes]:
    cursor, fields = Cursor(payload, what), dict[str, bytes]()
    while (code := cursor.take(1)) != b"\0":
        if (letter := code.decode("latin-1")) in fields:
            raise cursor.refuse("a field comes twice")
        fields[letter] = cursor.string()
    cursor.end()
    return fields


def _write(fields: Mapping[str, bytes]) -> bytes:
    if not all(len(letter) == 1 and 0 < ord(letter) < 256 for letter in fields):
        raise ProtocolViolation("a report's field is named by one byte")
    return b"".join(letter.encode("latin-1") + put_string(text) for letter, text in fields.items()) + b"\0"
