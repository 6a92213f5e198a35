"""Which records a reader wants. What is known once for all executions of a statement is asked once."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.record import Record

AGO: Final = re.compile(r"(\d{1,9})\s*([smhdw])")
UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that all hold; one that is empty always does. Names may hold `*` and `?`; a relation or column is also
    found by its last parts (`email`, `customers.email`). since is part of the time, until is not."""

    users: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    since_us: int | None = None
    until_us: int | None = None
    sql: str = ""
    """A part of the text, in any case."""

    def takes(self, session: SessionFacts, statement: StatementFacts) -> bool:
        """Whether executions of a statement in a session are wanted, as far as that tells."""
        return (
            _named(self.users, (session.user,))
            and _named(self.subjects, (session.subject,))
            and _named(self.decisions, (statement.decision,))
            and _reached(self.relations, statement.relations)
            and _reached(self.columns, statement.columns)
        )

    def takes_time(self, time_us: int) -> bool:
        """Whether what began then is wanted."""
        return (self.since_us is None or time_us >= self.since_us) and (
            self.until_us is None or time_us < self.until_us
        )

    def takes_record(self, record: Record) -> bool:
        """Whether a record is wanted for which the other two hold."""
        return not self.sql or self.sql.casefold() in (record.sql or "").casefold()


def moment(text: str, now_us: int) -> int:
    """Microseconds since the epoch for `2026-05-01`, `2026-05-01T12:30`, with an offset or in UTC, or for how long ago:
    `90s`, `15m`, `2h`, `7d`, `4w`. Raises ValueError."""
    if (ago := AGO.fullmatch(text.strip())) is not None:
        return max(now_us - int(ago.group(1)) * UNITS_S[ago.group(2)] * 1_000_000, 0)
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 2026-05-01, 2026-05-01T12:30+02:00, or 2h, 7d") from None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _named(wanted: tuple[str, ...], names: Iterable[str]) -> bool:
    return not wanted or any(fnmatchcase(name, pattern) for name in names for pattern in wanted)


def _reached(wanted: tuple[str, ...], names: Iterable[str]) -> bool:
    """As _named, for names with dots, by their last parts too."""
    return not wanted or any(
        fnmatchcase(name, pattern) or fnmatchcase(name, f"*.{pattern}") for name in names for pattern in wanted
    )
