"""What a restricted reader may see of an error or a notice: of a tainted statement severity, SQLSTATE, position and a
reference; of any other no DETAIL and no CONTEXT, because both quote rows and statements of others."""

from collections.abc import Mapping
from typing import Final

from proxy.wire.constants import ErrorField, ServerType
from proxy.wire.frame import pack
from proxy.wire.messages.report import ErrorResponse, NoticeResponse

KEPT: Final = (ErrorField.SEVERITY, ErrorField.SEVERITY_UNLOCALIZED, ErrorField.SQLSTATE, ErrorField.POSITION)
ALWAYS_WITHHELD: Final = frozenset(
    field.value
    for field in (ErrorField.DETAIL, ErrorField.WHERE, ErrorField.INTERNAL_QUERY, ErrorField.INTERNAL_POSITION)
)
SENTENCE: Final = "the statement failed; its message is withheld"
FATAL: Final = (b"FATAL", b"PANIC")


class Reports:
    """The settings that one restricted session was not told of (ParameterStatus). The value that code which nothing
    proves has set is never shown, nor when the end of a transaction puts it back."""

    MOST: Final = 1024

    def __init__(self) -> None:
        self._withheld: set[bytes] = set()

    def shows(self, report: bytes, *, doubtful: bool) -> bool:
        """Whether the client may have a report. doubtful: such code has run since the server was ready last."""
        if doubtful and len(self._withheld) < self.MOST:
            self._withheld.add(report)
        return not doubtful and report not in self._withheld and len(self._withheld) < self.MOST


def withhold(fields: Mapping[str, bytes], reference: str) -> dict[str, bytes]:
    """The fields that stay of a tainted statement's report, with the way to the rest of them."""
    kept = {field.value: fields[field.value] for field in KEPT if field.value in fields}
    kept[ErrorField.MESSAGE.value] = SENTENCE.encode()
    if reference:
        kept[ErrorField.HINT.value] = f"The audit record has it: reference {reference}.".encode()
    return kept


def trim(fields: Mapping[str, bytes]) -> dict[str, bytes]:
    """The fields that stay of any other report."""
    return {letter: text for letter, text in fields.items() if letter not in ALWAYS_WITHHELD}


def is_fatal(fields: Mapping[str, bytes]) -> bool:
    """The server's last word on the connection: about the connection, never about a row."""
    severity = fields.get(ErrorField.SEVERITY_UNLOCALIZED.value, fields.get(ErrorField.SEVERITY.value, b""))
    return severity in FATAL


def fields_of(type_: bytes, payload: bytes) -> Mapping[str, bytes]:
    """The fields of an ErrorResponse or a NoticeResponse."""
    if type_ == ServerType.ERROR_RESPONSE:
        return ErrorResponse.decode(payload).fields
    return NoticeResponse.decode(payload).fields


def report(type_: bytes, fields: Mapping[str, bytes]) -> bytes:
    """The whole frame again."""
    body = b"".join(letter.encode("latin-1") + text + b"\0" for letter, text in fields.items())
    return pack(type_, body + b"\0")
