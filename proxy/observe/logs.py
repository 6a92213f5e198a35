"""Structured logs: an event's name and its fields, as JSON lines or for a terminal. Never a value, never SQL.

Libraries log too, and what they say may quote a row or a password. Of a record that was not written through
`EventLog` only its logger, level, place and the kind of its exception are kept.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from enum import Enum
from typing import TextIO, TypeAlias

import msgspec

from proxy.errors import WardenError

Scalar: TypeAlias = str | int | float | bool | None
Field: TypeAlias = Scalar | tuple[Scalar, ...] | list[Scalar] | dict[str, Scalar]

FIELDS = "pgwarden_fields"
"""Attribute of a LogRecord that holds an event's fields."""


class LogFormat(Enum):
    """How a line looks."""

    JSON = "json"
    PLAIN = "plain"


class EventLog:
    """Writes events to one stdlib logger. Fields name things (a rule, a file, a count); values stay where they are."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, /, **fields: Field) -> None:
        """For who develops pgwarden."""
        self._write(logging.DEBUG, event, fields, None)

    def info(self, event: str, /, **fields: Field) -> None:
        """Something that an operator may want to know happened."""
        self._write(logging.INFO, event, fields, None)

    def warning(self, event: str, /, **fields: Field) -> None:
        """Something works less well than it should."""
        self._write(logging.WARNING, event, fields, None)

    def error(self, event: str, /, *, error: BaseException | None = None, **fields: Field) -> None:
        """Something does not work. error: its class, and its text where it is one of ours, are added."""
        self._write(logging.ERROR, event, fields, error)

    def _write(self, level: int, event: str, fields: dict[str, Field], error: BaseException | None) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={FIELDS: fields | facts_of(error)}, stacklevel=3)


def facts_of(error: BaseException | None) -> dict[str, Field]:
    """What may be told of an error: its class, the place it was raised at, and the text only if we wrote it."""
    if error is None:
        return {}
    facts: dict[str, Field] = {"error": type(error).__qualname__}
    if isinstance(error, WardenError):
        facts["message"] = str(error)
        facts["sqlstate"] = error.sqlstate
    if isinstance(error, OSError) and error.strerror:
        facts["reason"] = error.strerror
    if last := traceback.extract_tb(error.__traceback__)[-1:]:
        facts["raised_at"] = f"{_short(last[0].filename)}:{last[0].lineno}"
    return facts


def described(record: logging.LogRecord) -> dict[str, object]:
    """A record as the mapping that is written: time, level, logger, event, then the fields."""
    fields = getattr(record, FIELDS, None)
    head: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    if isinstance(fields, dict):
        head["event"] = str(record.msg)
        return fields_last(head, fields)
    head["event"] = "library_message"
    head["at"] = f"{_short(record.pathname)}:{record.lineno}"
    error = record.exc_info[1] if record.exc_info else None
    return fields_last(head, facts_of(error))


def fields_last(head: dict[str, object], fields: dict[str, Field]) -> dict[str, object]:
    """Head, then fields; a field that has the name of a head's key cannot hide it."""
    return head | {(f"{name}_" if name in head else name): value for name, value in fields.items()}


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """A line without its end."""
        return msgspec.json.encode(described(record), enc_hook=_unknown).decode()


class PlainFormatter(logging.Formatter):
    """Time, level, event and name=value, for eyes. Text that could break a line or a terminal is quoted."""

    def format(self, record: logging.LogRecord) -> str:
        """A line without its end."""
        facts = described(record)
        head = f"{str(facts.pop('time'))[11:23]} {facts.pop('level'):<7} {_plain(facts.pop('event'))}"
        del facts["logger"]
        return " ".join([head, *(f"{name}={_plain(value)}" for name, value in facts.items())])


FORMATTERS: dict[LogFormat, type[logging.Formatter]] = {
    LogFormat.JSON: JsonFormatter,
    LogFormat.PLAIN: PlainFormatter,
}


def set_up(level: str, form: LogFormat, *, stream: TextIO | None = None) -> logging.Handler:
    """Send everything that is logged to stream (stderr), replacing earlier handlers. Returns the handler."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(FORMATTERS[form]())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(True)  # noqa: FBT003  the library's signature
    return handler


def _short(path: str) -> str:
    return path.rpartition("/")[2]


def _unknown(value: object) -> str:
    return f"<{type(value).__name__}>"  # a Secret that strayed into a field shows its kind, nothing else


def _plain(value: object) -> str:
    if isinstance(value, str):
        bare = value.isprintable() and value and not any(sign in value for sign in ' "=')
        return value if bare else json.dumps(value)
    return msgspec.json.encode(value, enc_hook=_unknown).decode()
