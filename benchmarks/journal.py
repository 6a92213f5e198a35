"""What does a record cost? Its append in the lane's thread, its way to disk, and reading it back.

python -m benchmarks.journal --json writes benchmarks/results/journal.json.
"""

import datetime
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import msgspec

from benchmarks import machine
from proxy.audit.export import jsonl
from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.format import segment_files
from proxy.audit.journal import Journal
from proxy.audit.keys import read_key
from proxy.audit.search import records
from proxy.audit.selection import Selection
from proxy.audit.settings import AuditSettings, Mode
from proxy.audit.verify import verify

RESULT = Path(__file__).parent / "results" / "journal.json"
QUESTION = "What does an audit record cost: in the lane, on its way to disk, and for a reader?"
SAMPLES = 30
BATCH = 20_000  # executions of one sample; they fit into half the buffer
ONE_BY_ONE = 500
WAIT_S = 120.0
SETTINGS = {"buffer_bytes": 64 << 20, "flush_ms": 60_000, "segment_bytes": 8 << 20}
PGBENCH = "SELECT abalance FROM pgbench_accounts WHERE aid = \x01;"
EXECUTION = {"started_us": 1_777_777_777_000_000, "duration_us": 312, "rows": 1, "size_bytes": 91, "serial": 1}
VALUES: dict[str, tuple[int, list[tuple[bytes | None, int]]]] = {
    "no value": (0, []),
    "one literal in clear": (1, [(b"1234567", 0)]),
    "one literal as a digest": (2, [(b"1234567", 0)]),
    "ten parameters in clear": (1, [(b"1234567", 1)] * 10),
    "ten parameters as digests": (2, [(b"1234567", 1)] * 10),
}


class Figure(msgspec.Struct, frozen=True):
    """One line of the result."""

    name: str
    unit: str
    median: float
    best: float
    p99: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to benchmarks/results."""

    question: str
    commit: str
    date: str
    machine: dict[str, object]
    versions: dict[str, str]
    settings: Mapping[str, object]
    samples: int
    figures: list[Figure]


class Filled(msgspec.Struct, frozen=True):
    """A started journal, and what its executions refer to."""

    journal: Journal
    session: int
    statement: int

    def append(self, times: int, values_as: int, values: Sequence[tuple[bytes | None, int]]) -> None:
        """So many executions from the C loop."""
        taken = self.journal.spool.append_repeatedly(
            times, values, session=self.session, statement=self.statement, values_as=values_as, **EXECUTION
        )
        assert taken == times

    def commit(self) -> None:
        """All of them are on disk."""
        self.journal.spool.hurry()
        assert self.journal.spool.wait(self.journal.spool.counters()["appended"], WAIT_S)


def opened(folder: Path, mode: Mode) -> Filled:
    """A new journal in a folder."""
    journal = Journal(AuditSettings(directory=folder / "audit", mode=mode, **SETTINGS))  # type: ignore[arg-type]  # numbers
    journal.start()
    statement = StatementFacts(statement_kind="select", sql=PGBENCH, decision="allow", relations=("pgbench_accounts",))
    session = SessionFacts(session="1", user="app", database="bench")
    return Filled(journal, journal.define_session(session), journal.define_statement(statement))


def figure(name: str, unit: str, samples: Sequence[float], *, high_is_good: bool = False) -> Figure:
    """The middle, the best and the worst but one in a hundred."""
    ordered = sorted(samples, reverse=high_is_good)
    middle, last = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return Figure(name, unit, round(middle, 2), round(ordered[0], 2), round(last, 2))


def appends(filled: Filled) -> list[Figure]:
    """CPU time of the lane's side, so that the writer beside it disturbs less."""
    found = []
    for name, (values_as, values) in VALUES.items():
        samples = []
        for _ in range(SAMPLES):
            started = time.thread_time_ns()
            filled.append(BATCH, values_as, values)
            samples.append((time.thread_time_ns() - started) / BATCH)
            filled.commit()
        found.append(figure(f"append_execution, {name}", "ns of CPU", samples))
    return found


def writes(filled: Filled, name: str) -> list[Figure]:
    """From the first append to the last entry on disk; the writer's CPU is the process's without this thread's."""
    rates, costs = [], []
    for _ in range(SAMPLES):
        started, mine, all_ = time.perf_counter(), time.thread_time_ns(), time.process_time_ns()
        filled.append(BATCH, *VALUES["one literal in clear"])
        filled.commit()
        rates.append(BATCH / (time.perf_counter() - started))
        costs.append((time.process_time_ns() - all_ - time.thread_time_ns() + mine) / BATCH)
    return [
        figure(f"{name}: {BATCH} appended and on disk", "records/s", rates, high_is_good=True),
        figure(f"{name}: the writer", "ns of CPU a record", costs),
    ]


def commits(filled: Filled) -> Figure:
    """One after the other: what a session alone waits."""
    samples = []
    for _ in range(ONE_BY_ONE):
        started = time.perf_counter()
        filled.append(1, *VALUES["one literal in clear"])
        filled.commit()
        samples.append((time.perf_counter() - started) * 1e6)
    return figure("durable: one record, from append to disk", "µs", samples)


def reads(settings: AuditSettings) -> list[Figure]:
    """Of the journal that the others left."""
    size = sum(path.stat().st_size for path in segment_files(settings.directory / "worker-00"))
    keys = read_key(settings)
    entries = verify(settings.directory, keys).entries
    few = Selection(users=("nobody",))
    timed: dict[str, tuple[str, float, Callable[[], object]]] = {
        "verify, all cores": ("MB/s", size / 1e6, lambda: verify(settings.directory, keys)),
        "search, nothing found": ("records/s", entries, lambda: list(records(settings.directory, few))),
        "export as JSON lines": ("records/s", entries, lambda: sum(1 for _ in jsonl(records(settings.directory)))),
    }
    found = [Figure("a pgbench record", "bytes on disk", *(3 * [round(size / entries, 1)]))]
    for name, (unit, amount, call) in timed.items():
        samples = []
        for _ in range(3):
            started = time.perf_counter()
            call()
            samples.append(amount / (time.perf_counter() - started))
        found.append(figure(name, unit, samples, high_is_good=True))
    return found


def measure() -> list[Figure]:
    """All figures, in folders that are gone again."""
    found: list[Figure] = []
    for mode in (Mode.ASYNC, Mode.DURABLE):
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
            filled = opened(Path(name), mode)
            found += appends(filled) if mode is Mode.ASYNC else []
            found += writes(filled, mode.value)
            found += [commits(filled)] if mode is Mode.DURABLE else []
            filled.journal.close()
            found += reads(filled.journal.settings) if mode is Mode.DURABLE else []
    return found


@click.command(epilog="Example: python -m benchmarks.journal --json")
@click.option("--json", "write", is_flag=True, help=f"Write {RESULT.name} too.")
def main(write: bool) -> None:  # noqa: FBT001  click's way of a flag
    """Measure the audit journal where temporary files live, or in the folder BENCH_DIR names."""
    result = Result(
        question=QUESTION,
        commit=machine.commit(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        machine=machine.machine(),
        versions={"python": platform.python_version()},
        settings=SETTINGS,
        samples=SAMPLES,
        figures=measure(),
    )
    for one in result.figures:
        print(f"{one.name:55} {one.median:>12} (best {one.best}, p99 {one.p99}) {one.unit}")
    if write:
        RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


if __name__ == "__main__":
    main()
