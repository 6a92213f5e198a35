"""How many records there are of what: by user, relation, decision and the like."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from proxy.audit.record import Record

BY: Final[Mapping[str, str]] = {
    "decision": "decision",
    "outcome": "outcome",
    "user": "user",
    "subject": "subject",
    "kind": "statement_kind",
    "relation": "relations",
    "rule": "rule",
    "masked column": "masked",
}
"""What is counted, and the field of a record that says it."""
MAX_NAMES: Final = 100_000
OTHERS: Final = "(others)"


class Count(msgspec.Struct, frozen=True):
    """How many records have one value in one field, and how many rows they returned or changed."""

    by: str
    value: str
    records: int
    rows: int


class Totals(msgspec.Struct, frozen=True):
    """All records together. first, last: their times; empty where there is none."""

    records: int
    rows: int
    bytes: int
    first: str
    last: str


def count(records: Iterable[Record], top: int) -> tuple[Totals, Sequence[Count]]:
    """The totals, and for each field its most frequent values, at most top. Memory is bounded: beyond 100,000 values of
    a field new ones are counted together."""
    counters = {by: (Counter[str](), Counter[str]()) for by in BY}
    total = rows = size = 0
    first = last = ""
    for record in records:
        total, rows, size = total + 1, rows + (record.rows or 0), size + (record.bytes or 0)
        first, last = min(first or record.time, record.time), max(last, record.time)
        for by, field in BY.items():
            for value in _values(getattr(record, field)):
                _add(*counters[by], value, record.rows or 0)
    found = [
        Count(by, value, number, counters[by][1][value])
        for by in BY
        for value, number in counters[by][0].most_common(top)
    ]
    return Totals(total, rows, size, first, last), found


def _add(records: Counter[str], rows: Counter[str], value: str, number: int) -> None:
    name = value if value in records or len(records) < MAX_NAMES else OTHERS
    records[name] += 1
    rows[name] += number


def _values(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return (value,) if value else ()
    return {str(part) for part in value} if isinstance(value, Iterable) else ()
