"""This result beside the last one of the same machine: what became faster, and what slower."""

from pathlib import Path

import msgspec

from benchmarks import report
from benchmarks.harness import Result
from benchmarks.pgbench import Run
from benchmarks.ratios import Spread, ratio

SAME = ("cpu", "cores", "memory_gib")


def last(file: Path, machine: dict[str, object]) -> Result | None:
    """The result that file holds, where it is one of this machine and can still be read."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError):
        return None
    return found if all(found.machine.get(key) == machine.get(key) for key in SAME) else None


def changes(before: Result, now: Result) -> str:
    """One row for each cell and endpoint of both; ratios are to PgBouncer, which takes the machine's mood out."""
    head = ["mode", "clients", "endpoint", "TPS ratio before", "now", "", "CPU ratio before", "now", ""]
    known = set(report.cells(before.pgbench))
    shared = [key for key in report.cells(now.pgbench) if key in known and key[2].startswith("pgwarden")]
    return report.table(head, ([*map(str, key), *_compared(before, now, *key)] for key in shared))


def _compared(before: Result, now: Result, mode: str, clients: int, name: str) -> list[str]:
    cells: list[str] = []
    for measure, sign in ((_tps, 1), (_cpu, -1)):
        old, new = (
            ratio(
                report.chosen(result.pgbench, mode, clients, name),
                report.chosen(result.pgbench, mode, clients, report.BASE),
                measure,
            )
            for result in (before, now)
        )
        cells += [report.words(old), report.words(new), verdict(old, new, sign)]
    return cells


def verdict(old: Spread | None, new: Spread | None, sign: int) -> str:
    """A word only where the two spreads do not meet. sign: 1 where more is better, -1 where less is."""
    if old is None or new is None or (old.low <= new.high and new.low <= old.high):
        return ""
    return "better" if (new.median - old.median) * sign > 0 else "WORSE"


def _tps(run: Run) -> float | None:
    return run.tps


def _cpu(run: Run) -> float | None:
    return run.cpu_us
