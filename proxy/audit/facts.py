"""What the journal keeps of sessions and statements: said once, then referred to by number."""

from collections.abc import Mapping

import msgspec


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who executes. session: unique among all sessions of all workers and starts."""

    session: str
    instance: str = ""
    worker: int = 0
    user: str = ""
    database: str = ""
    subject: str = ""
    end_user: str = ""
    application: str = ""
    client_addr: str = ""
    tls: str = ""
    """Protocol version and cipher; empty for a connection in clear."""


class StatementFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is executed, and what was decided. sql: the text or its template (each literal one byte, 1 to 5), redacted
    by the caller, for all of it is stored. masked: protected column to method."""

    statement_kind: str
    sql: str | None = None
    effects: tuple[str, ...] = ()
    fingerprint: str = ""
    relations: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    decision: str = ""
    rule: str = ""
    masked: Mapping[str, str] = {}
    disagreement: tuple[str, ...] = ()
