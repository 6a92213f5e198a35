"""Tables of one result: for a terminal and, being Markdown, for the README."""

from collections.abc import Callable, Iterable, Sequence

from benchmarks.bulk import BulkRun
from benchmarks.pgbench import Run
from benchmarks.ratios import Spread, median_of, ratio

BASE = "pgbouncer"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned, so that it reads as text too."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |" for line in lines
    )


def pgbench_table(runs: Sequence[Run]) -> str:
    """One row a cell and endpoint; ratios are to PgBouncer in the same round, median (lowest-highest)."""
    head = ["mode", "clients", "endpoint", "TPS", "p50 µs", "p99 µs", "CPU µs", "user", "system"]
    head += ["TPS ratio", "CPU ratio", "p50 ratio", "p99 ratio", "TPS of direct"]
    return table(head, (pgbench_row(runs, *key) for key in cells(runs)))


def cells(runs: Iterable[Run]) -> list[tuple[str, int, str]]:
    """Mode, clients and endpoint, in the order in which they were measured first."""
    order = list(dict.fromkeys((run.mode, run.clients) for run in runs))
    names = list(dict.fromkeys(run.endpoint for run in runs))
    return [(mode, clients, name) for mode, clients in order for name in names]


def pgbench_row(runs: Sequence[Run], mode: str, clients: int, name: str) -> list[str]:
    """The cells of one row."""
    mine, base, direct = (chosen(runs, mode, clients, endpoint) for endpoint in (name, BASE, "direct"))
    measures: list[Callable[[Run], float | None]] = [
        lambda run: run.tps,
        lambda run: run.p50_us,
        lambda run: run.p99_us,
        lambda run: run.cpu_us,
        lambda run: run.cpu_user_us,
        lambda run: run.cpu_system_us,
    ]
    tps, p50, p99, cpu = measures[:4]
    plain = [number(median_of(mine, measure)) for measure in measures]
    ratios = [words(ratio(mine, base, measure)) for measure in (tps, cpu, p50, p99)]
    return [mode, str(clients), name, *plain, *ratios, words(ratio(mine, direct, tps))]


def chosen(runs: Iterable[Run], mode: str, clients: int, name: str) -> list[Run]:
    """The rounds of one cell and endpoint."""
    return [run for run in runs if (run.mode, run.clients, run.endpoint) == (mode, clients, name)]


def bulk_table(runs: Sequence[BulkRun]) -> str:
    """One row an endpoint, format and query; ratios are of MB/s, to PgBouncer's and direct unmasked rows."""
    head = ["format", "rows", "endpoint", "MB/s", "rows/s", "CPU s", "of PgBouncer's unmasked", "of direct unmasked"]
    keys = dict.fromkeys((run.format, run.masked, run.endpoint) for run in runs)
    return table(head, (bulk_row(runs, *key) for key in sorted(keys, key=lambda key: key[0], reverse=True)))


def bulk_row(runs: Sequence[BulkRun], format_: str, masked: str, name: str) -> list[str]:
    """The cells of one row. Rows a second are compared, because masked values have other lengths."""

    def of(endpoint: str, which: str) -> list[BulkRun]:
        return [run for run in runs if (run.format, run.masked, run.endpoint) == (format_, which, endpoint)]

    mine = of(name, masked)
    plain = [
        number(median_of(mine, lambda run: run.megabytes_per_s)),
        number(median_of(mine, lambda run: run.rows_per_s)),
    ]
    cpu = median_of(mine, lambda run: run.cpu_s)
    ratios = [words(ratio(mine, of(base, "unmasked"), lambda run: run.rows_per_s)) for base in (BASE, "direct")]
    return [format_, masked, name, *plain, f"{cpu:.2f}" if cpu is not None else "", *ratios]


def readme_table(runs: Sequence[Run], bulk: Sequence[BulkRun]) -> str:
    """What the README quotes: ratios to PgBouncer alone."""
    head = ["what", "endpoint", "TPS or rows/s", "CPU per transaction", "p50", "p99"]
    rows = []
    for mode, clients, name in cells(runs):
        if name.startswith("pgwarden"):
            row = pgbench_row(runs, mode, clients, name)
            rows.append([f"`pgbench -S -M {mode}`, {clients} clients", name, row[9], row[10], row[11], row[12]])
    for key in dict.fromkeys((run.format, run.masked, run.endpoint) for run in bulk):
        if key[2].startswith("pgwarden"):
            rows.append([f"bulk, {key[0]}, {key[1]}", key[2], bulk_row(bulk, *key)[6], "", "", ""])
    return table(head, rows)


def number(value: float | None) -> str:
    """Three digits that matter; nothing where nothing was measured."""
    if value is None:
        return ""
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def words(value: Spread | None) -> str:
    """Median and spread; nothing where there is none."""
    return "" if value is None else str(value)
