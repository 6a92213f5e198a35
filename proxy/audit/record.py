"""The audit record of design 6: what a reader gets, in the order in which it is exported."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

import msgspec

RECORD_VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(Enum):
    """How an execution ended."""

    OK = "ok"
    ERROR = "error"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"  # it never closed: the proxy died, or is still at it


OUTCOMES: Final = tuple(Outcome)
"""By the number in an entry."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One executed statement. The names and their order are a contract; new ones go behind `hash`."""

    v: int = RECORD_VERSION
    seq: int
    time: str
    duration_us: int | None
    session: str = ""
    instance: str = ""
    worker: int = 0
    user: str = ""
    database: str = ""
    subject: str = ""
    end_user: str = ""
    application: str = ""
    client_addr: str = ""
    tls: str = ""
    statement_kind: str = ""
    effects: Sequence[str] = ()
    sql: str | None = None
    fingerprint: str = ""
    parameters: Sequence[object] = ()
    """One for each bound parameter: null, {"text": …}, {"binary": hex} or {"digest": hex}; "cut": its bytes, where
    only the first are stored."""
    relations: Sequence[str] = ()
    columns: Sequence[str] = ()
    decision: str = ""
    rule: str = ""
    masked: Mapping[str, str] = {}
    disagreement: Sequence[str] = ()
    rows: int | None = None
    bytes: int | None = None
    sqlstate: str | None = None
    error_ref: str | None = None
    outcome: str = ""
    transaction: str = ""
    prev: str = ""
    hash: str = ""
    notes: Sequence[Mapping[str, object]] = ()
    """What else was noted of it: error details, what was scrubbed. An event that is no statement has one note."""


FIELDS: Final = Record.__struct_fields__


def timestamp(time_us: int) -> str:
    """Microseconds since the epoch in ISO 8601, UTC."""
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat(timespec="microseconds").replace("+00:00", "Z")
