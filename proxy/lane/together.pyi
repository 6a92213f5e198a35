from typing import Any

from proxy.audit.spool import Spool
from proxy.lane.table import Table

STATEMENT_OUTCOMES: tuple[str, ...]

class Shared:
    """What the sessions of one lane have in common. moves, answers: proxy.relay's tables, packed. spool: None where
    nothing is recorded. audit: 0 off, 1 async, 2 durable. Limits in bytes. Raises ValueError."""

    table: Table
    spool: Spool | None
    def __init__(
        self,
        *,
        moves: bytes,
        answers: bytes,
        table: Table,
        spool: Spool | None,
        audit: int,
        buffer_limit: int,
        message_limit: int,
        tap_limit: int,
    ) -> None: ...
    def counts(self) -> dict[str, Any]:
        """The counters, by name, for the metrics."""
