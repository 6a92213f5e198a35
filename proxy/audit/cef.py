"""Records in the Common Event Format, version 0, as SIEMs read it (ArcSight, "Implementing ArcSight Common Event
Format"): a head of seven fields, then pairs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from proxy import __version__
from proxy.audit.record import Outcome, Record

SEVERITIES: Final = {Outcome.OK.value: 1, Outcome.ERROR.value: 4, Outcome.REFUSED.value: 7}
ELSE: Final = 3
LONGEST: Final = 4000
"""Characters of a value; readers cut longer ones at places of their own."""


def cef(records: Iterable[Record]) -> Iterator[bytes]:
    """A line each."""
    for record in records:
        yield _line(record, __version__).encode("utf-8", "replace") + b"\n"


def _line(record: Record, product: str) -> str:
    kind = record.statement_kind or "statement"
    head = ("CEF:0", "pgwarden", "pgwarden", product, kind, f"{kind} {record.decision or record.outcome}".strip())
    severity = str(SEVERITIES.get(record.outcome, ELSE))
    pairs = " ".join(f"{key}={_value(value)}" for key, value in _pairs(record) if value not in ("", None))
    return "|".join((head[0], *(_field(part) for part in head[1:]), severity, pairs))


def _pairs(record: Record) -> Iterator[tuple[str, str | int | None]]:
    """Keys are those of the format's dictionary; what it has no key for stands in its custom fields."""
    yield "rt", round(datetime.fromisoformat(record.time).timestamp() * 1000)
    yield "suser", record.end_user or record.user
    yield "duser", record.user
    yield "src", record.client_addr
    yield "sproc", record.application
    yield "act", record.decision
    yield "outcome", record.outcome
    yield "reason", record.rule
    yield "externalId", record.hash
    yield "cs1Label", "database"
    yield "cs1", record.database
    yield from _custom("cs2", "relations", ",".join(record.relations))
    yield from _custom("cs3", "columns", ",".join(record.columns))
    yield from _custom("cs4", "masked", ",".join(f"{column}:{method}" for column, method in record.masked.items()))
    yield from _custom("cs5", "sqlstate", record.sqlstate or "")
    yield from _custom("cs6", "subject", record.subject)
    if record.rows is not None:
        yield "cn1Label", "rows"
        yield "cn1", record.rows
    yield "cn2Label", "seq"
    yield "cn2", record.seq
    yield "out", record.bytes
    yield "msg", record.sql


def _custom(key: str, label: str, value: str) -> Iterator[tuple[str, str]]:
    if value:
        yield f"{key}Label", label
        yield key, value


def _field(text: str) -> str:
    """Of the head: a bar and a backslash are escaped, a line has no end in it."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())


def _value(value: str | int | None) -> str:
    """Of a pair: an equals sign, a backslash and ends of lines are escaped."""
    text = str(value)[:LONGEST].replace("\\", "\\\\").replace("=", "\\=")
    return text.replace("\r", "\\r").replace("\n", "\\n")
