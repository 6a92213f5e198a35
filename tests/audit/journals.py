"""Journals for tests: small segments, two sessions' worth of facts, and ways to look at what was written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.format import segment_files
from proxy.audit.journal import Journal
from proxy.audit.keys import ChainKeys, derive, read_key_file
from proxy.audit.record import Record
from proxy.audit.search import records
from proxy.audit.settings import AuditSettings, Mode
from proxy.audit.verify import Verified, verify

STARTED_US = 1_777_777_777_000_000
WAIT_S = 30.0
SESSION = SessionFacts(
    session="s1", instance="here", user="ana", database="shop", subject="analysts", client_addr="::1"
)
SELECT = StatementFacts(
    statement_kind="select",
    effects=("select",),
    sql="select email from customers where id = \x01",
    fingerprint="f1",
    relations=("shop.customers",),
    columns=("shop.customers.email", "shop.customers.id"),
    decision="allow",
    rule="analysts",
    masked={"shop.customers.email": "email"},
)


def settings(directory: Path, *, mode: Mode = Mode.DURABLE, **given: int) -> AuditSettings:
    """With segments so small that a handful of records fills one."""
    return AuditSettings(directory=directory / "audit", mode=mode, **({"segment_bytes": 4096} | given))  # type: ignore[arg-type]  # numbers


@contextmanager
def started(of: AuditSettings, worker: int = 0) -> Iterator[Journal]:
    """A journal that is closed again."""
    journal = Journal(of, instance="here", worker=worker)
    journal.start()
    try:
        yield journal
    finally:
        journal.close()


def write(directory: Path, count: int, worker: int = 0) -> Sequence[Path]:
    """A journal of so many executions, closed. Its segments."""
    with started(settings(directory), worker) as journal:
        execute(journal, range(1, count + 1))
    return segment_files(journal.directory)


def execute(journal: Journal, serials: Sequence[int], session: SessionFacts = SESSION) -> int:
    """Append whole executions with these serials. The position of the last one."""
    who, what = journal.define_session(session), journal.define_statement(SELECT)
    position = 0
    for serial in serials:
        position = append(journal, who, what, serial)
    return position


def append(journal: Journal, session: int, statement: int, serial: int, **fields: object) -> int:
    """One execution: a literal in clear, its serial."""
    whole = {"values_as": 1, "started_us": STARTED_US + serial, "duration_us": 7, "rows": 1, "size_bytes": 50} | fields
    return journal.spool.append(
        [(str(serial).encode(), 0)], session=session, statement=statement, serial=serial, **whole
    )


def keys(directory: Path) -> ChainKeys:
    """Of a journal that was written there."""
    path = directory / "audit.key"
    return read_key_file(path) if path.exists() else derive(bytes(32))


def checked(directory: Path) -> Verified:
    """What verify says."""
    return verify(directory / "audit", keys(directory))


def found(directory: Path) -> list[Record]:
    """All records."""
    return list(records(directory / "audit"))


def numbers(directory: Path) -> list[int]:
    """Of executions, by the literal that `append` gave them."""
    return [int((record.sql or "").rsplit(" ", 1)[1]) for record in found(directory)]
