"""What does the lane add to a transaction, and what does an idle session hold?  python -m benchmarks.lane"""

import datetime
import os
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from benchmarks import machine
from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.journal import Journal
from proxy.audit.settings import AuditSettings, Mode
from proxy.audit.spool import Spool
from proxy.lane import verdict as lane
from proxy.lane.lane import Lane
from proxy.lane.session import Session
from proxy.lane.table import Table
from proxy.lane.together import Shared
from proxy.lane.verdict import Verdict
from proxy.relay import ledger, phases

if TYPE_CHECKING:
    from proxy.lane.session import Handler

RESULT = Path(__file__).parent / "results" / "lane.json"
ROUNDS, TRANSACTIONS, SESSIONS = 60, 2_000, 2_000
CONTEXT = 7
SIMPLE = b"SELECT abalance FROM pgbench_accounts WHERE aid = %d;"
PREPARED = b"SELECT abalance FROM pgbench_accounts WHERE aid = $1;"
LITERAL = b"\1"  # what an integer becomes in a template
READY = b"Z\0\0\0\5I"
DESCRIPTION = b"abalance\0" + (16_400).to_bytes(4, "big") + b"\0\3\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"


def frame(type_: bytes, payload: bytes) -> bytes:
    """One message."""
    return type_ + (len(payload) + 4).to_bytes(4, "big") + payload


ROW = frame(b"T", b"\0\1" + DESCRIPTION) + frame(b"D", b"\0\1\0\0\0\4-712") + frame(b"C", b"SELECT 1\0") + READY
PARSE = frame(b"P", b"P0_1\0" + PREPARED + b"\0\0\0")
REST = frame(b"D", b"P\0") + frame(b"E", b"\0\0\0\0\0") + frame(b"S", b"")
BOUND = frame(b"2", b"")


def bind(number: int) -> bytes:
    """Of the prepared statement, to a number of five digits."""
    return frame(b"B", b"\0P0_1\0\0\0\0\1\0\0\0\5%05d\0\0" % number)


class Silent:
    """A handler that is never asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"the lane asked: {name}")


class Cost(msgspec.Struct, frozen=True):
    """Of one kind of transaction in one audit mode, both directions. A busy machine disturbs the least the least."""

    transaction: str
    audit: str
    ns: dict[str, float]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to benchmarks/results/lane.json."""

    question: str
    commit: str
    date: str
    machine: dict[str, object]
    versions: dict[str, str]
    unit: str
    samples: int
    costs: list[Cost]
    sessions: int
    idle_session_bytes: float
    used_session_bytes: float


def shared(spool: Spool | None, audit: int) -> Shared:
    """What the sessions of one lane have in common."""
    return Shared(
        moves=phases.packed(), answers=ledger.packed(), table=Table(limit=1024), spool=spool, audit=audit,
        buffer_limit=262_144, message_limit=1 << 26, tap_limit=1 << 20,
    )  # fmt: skip


def begun(together: Shared, verdicts: tuple[Verdict, Verdict], identity: int) -> Session:
    """A session that knows both statements. verdicts: one that passes, one that refuses."""
    passes, refuses = verdicts
    session = Session(together, cast("Handler", Silent()))  # it has no method, and raises for each
    session.begin(portal=passes, call=refuses, large=refuses, session=identity)
    session.place(CONTEXT, 0, restricted=False, shield=b"")
    session.resume()
    return session


@contextmanager
def audited(mode: Mode) -> Iterator[tuple[Shared, int, int, Callable[[], object]]]:
    """The lane's shared part, references of a session and a statement in a journal of that mode, and its hurry."""
    with tempfile.TemporaryDirectory() as directory:
        settings = AuditSettings(directory=Path(directory) / "audit", mode=mode, buffer_bytes=1 << 25)
        journal = Journal(settings, instance="here", worker=0)
        journal.start()
        try:
            who = journal.define_session(SessionFacts(session="s", instance="here", user="u", database="d"))
            what = journal.define_statement(StatementFacts(statement_kind="select", sql="select"))
            yield shared(journal.spool, 1 if mode is Mode.ASYNC else 0), who, what, journal.spool.hurry
        finally:
            journal.close()


def conversations() -> dict[str, tuple[list[bytes], bytes]]:
    """By name: what the client says, in turn, and what the server answers."""
    return {
        "simple": ([frame(b"Q", SIMPLE % number + b"\0") for number in range(10_000, 10_064)], ROW),
        "prepared": ([bind(number) + REST for number in range(10_000, 10_064)], BOUND + ROW),
    }


def measure(session: Session, said: list[bytes], answer: bytes, written: Callable[[], object]) -> dict[str, float]:
    """Nanoseconds of a transaction: fed, taken, answered, taken. written: has the journal write, between rounds."""
    times = list[float]()
    turns = said * (TRANSACTIONS // len(said))
    feed, sent, hear, got = session.feed_client, session.take_server, session.feed_server, session.take_client
    for _ in range(ROUNDS):
        started = time.perf_counter_ns()
        for each in turns:
            feed(each)
            sent()
            hear(answer)
            got()
        times.append((time.perf_counter_ns() - started) / len(turns))
        written()
    if session.failed:
        raise RuntimeError(session.failed)
    return {"median": round(statistics.median(times), 1), "p99": round(max(times), 1), "min": round(min(times), 1)}


def costs() -> Iterator[Cost]:
    """Every kind of transaction in every mode that does not wait for a disk."""
    for mode in (Mode.OFF, Mode.ASYNC):
        for name, (said, answer) in conversations().items():
            with audited(mode) as (together, who, what, written):
                passes = Verdict(flags=lane.COPY, statement=what if mode is not Mode.OFF else 0)
                verdicts = passes, Verdict(flags=lane.REFUSE, error=b"E")
                for template in (SIMPLE.replace(b"%d", LITERAL).rstrip(b";"), SIMPLE.replace(b"%d", LITERAL), PREPARED):
                    together.table.remember(CONTEXT, template, passes)
                session = begun(together, verdicts, who)
                session.feed_client(PARSE)
                session.feed_server(frame(b"1", b""))
                session.take_server(), session.take_client()
                yield Cost(transaction=name, audit=mode.value, ns=measure(session, said, answer, written))


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def held() -> tuple[float, float]:
    """Bytes a session: at rest since its begin, and at rest behind one prepared transaction."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * SESSIONS + 256), hard))
    together, verdicts = shared(None, 0), (Verdict(flags=lane.COPY), Verdict(flags=lane.REFUSE, error=b"E"))
    together.table.remember(CONTEXT, PREPARED, verdicts[0])
    carrier, far, before = Lane(together), list[int](), resident()
    for _ in range(SESSIONS):
        client, near_client = socket.socketpair()
        server, near_server = socket.socketpair()
        for each in (near_client, near_server):
            each.settimeout(0)
        carrier.adopt(begun(together, verdicts, 0), near_client.detach(), near_server.detach())
        far += (client.detach(), server.detach())
    idle = resident() - before
    for client_fd, server_fd in zip(far[::2], far[1::2], strict=True):
        os.write(client_fd, PARSE + bind(10_000) + REST)
        carrier.run()
        os.read(server_fd, 4096)
        os.write(server_fd, frame(b"1", b"") + BOUND + ROW)
        carrier.run()
        os.read(client_fd, 4096)
    used = resident() - before
    carrier.close()
    for descriptor in far:
        os.close(descriptor)
    return idle / SESSIONS, used / SESSIONS


def main() -> None:
    """Measure, print, and write the result."""
    idle, used = held()
    found = list(costs())
    result = Result(
        question="What does the lane add to a transaction, and what does an idle session hold?",
        commit=machine.commit(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        machine=machine.machine(),
        versions={"Cython": version("Cython")},
        unit="ns per transaction, bytes of RSS per session",
        samples=ROUNDS,
        costs=found,
        sessions=SESSIONS,
        idle_session_bytes=round(idle),
        used_session_bytes=round(used),
    )
    for each in found:
        print(f"{each.transaction:10} audit {each.audit:6} {each.ns} ns")
    print(f"{SESSIONS} sessions: {idle:.0f} bytes each, {used:.0f} behind a transaction")
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")


if __name__ == "__main__":
    main()
