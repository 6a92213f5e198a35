"""What a benchmark computes from what it measured."""

import os
from pathlib import Path

import pytest

from benchmarks.bulk import BulkReadError, BulkRun, check
from benchmarks.history import verdict
from benchmarks.pgbench import Run, latencies_in, quantile
from benchmarks.procstat import cpu, family
from benchmarks.ratios import Spread, ratio
from benchmarks.report import pgbench_table, table


def run(endpoint: str, round_: int, tps: float, cpu_us: float | None) -> Run:
    return Run(
        endpoint=endpoint, mode="prepared", clients=8, round=round_, transactions=10, tps=tps,
        p50_us=1.0, p99_us=2.0, cpu_us=cpu_us, cpu_user_us=cpu_us, cpu_system_us=cpu_us,
    )  # fmt: skip


def test_only_transactions_that_ended_in_the_window_are_counted(tmp_path: Path) -> None:
    (tmp_path / "log.7.1").write_text("0 1 500 0 100 0\n1 1 700 0 100 250000\n0 2 900 0 101 0\n0 3 800 0 101 1\n")
    (tmp_path / "log.7.1.1").write_text("2 1 100 0 100 500000\n")
    assert sorted(latencies_in(tmp_path / "log.7", 100.0, 101.0)) == [100, 700, 900]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("values", "share", "expected"), [([], 0.5, 0.0), ([3], 0.99, 3.0), ([1, 2, 3], 0.5, 2.0)])
def test_a_quantile_of_few_values_is_one_of_them(values: list[int], share: float, expected: float) -> None:
    assert quantile(values, share) == expected


def test_a_ratio_pairs_the_runs_of_one_round() -> None:
    ours = [run("pgwarden", 0, 50, 10), run("pgwarden", 1, 300, 10), run("pgwarden", 2, 9, None)]
    base = [run("pgbouncer", 1, 100, 20), run("pgbouncer", 0, 100, 40)]
    assert ratio(ours, base, lambda one: one.tps) == Spread(1.75, 0.5, 3.0)
    assert ratio(ours, base, lambda one: one.cpu_us) == Spread(0.375, 0.25, 0.5)
    assert ratio(ours, [], lambda one: one.tps) is None


def test_what_was_not_measured_is_an_empty_cell() -> None:
    shown = pgbench_table([run("direct", 0, 100, None), run("pgbouncer", 0, 50, 30.0)])
    direct = next(line for line in shown.splitlines() if " direct " in line and "prepared" in line)
    assert direct.split("|")[7:10] == ["        ", "      ", "        "]


def test_tables_are_aligned() -> None:
    lines = table(["a", "long head"], [["x", ""], ["yyyy", "1"]]).splitlines()
    assert {len(line) for line in lines} == {len("| yyyy | long head |")}


def test_cpu_time_counts_this_process_and_never_goes_back() -> None:
    first = cpu(os.getpid())
    assert os.getpid() in family(os.getpid())
    sum(range(1_000_000))
    used = cpu(os.getpid()).since(first)
    assert used.total_s > 0
    assert used.user_s >= 0


@pytest.mark.parametrize(
    ("old", "new", "sign", "word"),
    [
        pytest.param(Spread(1.0, 0.9, 1.1), Spread(0.95, 0.85, 1.0), 1, "", id="spreads that meet"),
        pytest.param(Spread(1.0, 0.9, 1.1), Spread(0.7, 0.6, 0.8), 1, "WORSE", id="fewer transactions"),
        pytest.param(Spread(1.0, 0.9, 1.1), Spread(0.7, 0.6, 0.8), -1, "better", id="less CPU"),
        pytest.param(None, Spread(0.7, 0.6, 0.8), 1, "", id="nothing before"),
    ],
)
def test_a_change_is_told_only_where_the_spreads_do_not_meet(
    old: Spread | None, new: Spread, sign: int, word: str
) -> None:
    assert verdict(old, new, sign) == word


def read(endpoint: str, masked: str, checksum: int) -> BulkRun:
    return BulkRun(
        endpoint=endpoint, format="text", masked=masked, round=0, rows=1, megabytes_per_s=1, rows_per_s=1, seconds=1,
        cpu_s=None, checksum=checksum,
    )  # fmt: skip


def test_rows_that_differ_are_no_figure() -> None:
    sums: dict[tuple[str, str], int] = {}
    check(read("direct", "unmasked", 1), sums)
    check(read("pgwarden", "masked", 2), sums)
    check(read("pgwarden", "unmasked", 1), sums)
    with pytest.raises(BulkReadError, match="pgwarden gave other unmasked text rows"):
        check(read("pgwarden", "unmasked", 3), sums)


def test_a_mask_that_changes_nothing_is_no_figure() -> None:
    sums: dict[tuple[str, str], int] = {}
    check(read("direct", "unmasked", 1), sums)
    with pytest.raises(BulkReadError, match="masked nothing"):
        check(read("pgwarden", "masked", 1), sums)
