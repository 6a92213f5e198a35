"""Ratios within a round, and their median and spread: what a shared machine's noise leaves standing."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from benchmarks.bulk import BulkRun
from benchmarks.pgbench import Run

T = TypeVar("T", Run, BulkRun)


class Spread(msgspec.Struct, frozen=True):
    """Median, smallest and largest of the rounds."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


def spread(values: Sequence[float]) -> Spread | None:
    """None where nothing was measured."""
    return Spread(statistics.median(values), min(values), max(values)) if values else None


def ratio(runs: Iterable[T], others: Iterable[T], value: Callable[[T], float | None]) -> Spread | None:
    """The spread over rounds of value(run) / value(other), each pair of one round."""
    by_round: Mapping[int, T] = {other.round: other for other in others}
    found = []
    for run in runs:
        if (other := by_round.get(run.round)) is None:
            continue
        mine, its = value(run), value(other)
        if mine is not None and its:
            found.append(mine / its)
    return spread(found)


def median_of(runs: Iterable[T], value: Callable[[T], float | None]) -> float | None:
    """Median of what was measured; None where nothing was."""
    found = [number for run in runs if (number := value(run)) is not None]
    return statistics.median(found) if found else None
