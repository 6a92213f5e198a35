"""What does a masked cell cost? Each method alone, and rows of ten columns of which none, three or all are masked.

python -m benchmarks.masking --json writes benchmarks/results/masking.json.
"""

import datetime
import platform
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import msgspec

from benchmarks import machine
from proxy.masking import oids
from proxy.masking.aes import engines
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.kernels import ColumnMask
from proxy.masking.keys import Keys
from proxy.masking.method import Method
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.hash import Hash
from proxy.masking.methods.partial import Partial
from proxy.masking.methods.redact import Redact
from proxy.masking.rows import RowMask

RESULT = Path(__file__).parent / "results" / "masking.json"
QUESTION = "What does a masked cell cost, and what a row of ten columns?"
KEYS = Keys({1: bytes(range(32))}, 1)
SAMPLES = 40
ROWS = 1_000  # of one sample
TEXT = Column(oids.TEXT)
NUMERIC = struct.pack("!HhHHHH", 2, 0, 0, 2, 1234, 5600)

Case = tuple[Method, Column, bytes, int]
CELLS: dict[str, Case] = {
    "redact": (Redact(), TEXT, b"4111111111111111", 0),
    "partial": (Partial(keep_last=4), TEXT, b"4111111111111111", 0),
    "partial, not ASCII": (Partial(keep_last=4), TEXT, "Grüße aus Köln".encode(), 0),
    "hash": (Hash(), TEXT, b"mia@corp.example", 0),
    "hash, base32": (Hash(encoding="base32"), TEXT, b"mia@corp.example", 0),
    "email": (Email(), TEXT, b"mia@corp.example", 0),
    "email, keep_domain": (Email(keep_domain=True), TEXT, b"mia@corp.example", 0),
    "auto, text": (Auto(), TEXT, b"mia@corp.example", 0),
    "auto, integer": (Auto(), Column(oids.INT4), b"123456", 0),
    "auto, integer, binary": (Auto(), Column(oids.INT4), struct.pack("!i", 123456), 1),
    "auto, numeric": (Auto(), Column(oids.NUMERIC), b"1234.56", 0),
    "auto, numeric, binary": (Auto(), Column(oids.NUMERIC), NUMERIC, 1),
    "auto, double precision": (Auto(), Column(oids.FLOAT8), b"1234.5678", 0),
    "auto, double precision, binary": (Auto(), Column(oids.FLOAT8), struct.pack("!d", 1234.5678), 1),
    "auto, date": (Auto(), Column(oids.DATE), b"2024-02-29", 0),
    "auto, date, binary": (Auto(), Column(oids.DATE), struct.pack("!i", 8825), 1),
    "auto, timestamptz": (Auto(), Column(oids.TIMESTAMPTZ), b"2024-02-29 12:34:56.789+05", 0),
    "auto, timestamptz, binary": (Auto(), Column(oids.TIMESTAMPTZ), bytes(8), 1),
    "auto, uuid": (Auto(), Column(oids.UUID), b"0f8fad5b-d9cb-469f-a165-70867728950e", 0),
    "auto, uuid, binary": (Auto(), Column(oids.UUID), bytes(range(16)), 1),
    "auto, jsonb": (Auto(), Column(oids.JSONB), b'{"a": [1, "x", null, true], "b": {"c": 1.50}}', 0),
}
COLUMNS: list[tuple[Method, Column, bytes]] = [
    (Auto(), Column(oids.INT4), b"1234567"),
    (Hash(length=16), TEXT, b"mia@corp.example"),
    (Partial(keep_last=4), TEXT, b"4111111111111111"),
    (Email(), TEXT, b"mia@corp.example"),
    (Redact(), TEXT, b"a sentence of a few words"),
    (Auto(), Column(oids.DATE), b"2024-02-29"),
    (Auto(), Column(oids.NUMERIC), b"1234.56"),
    (Auto(), Column(oids.TIMESTAMPTZ), b"2024-02-29 12:34:56.789+00"),
    (Auto(), Column(oids.UUID), b"0f8fad5b-d9cb-469f-a165-70867728950e"),
    (Auto(), TEXT, b"another sentence of a few words"),
]
ROW_CASES = {"no column": (), "three columns": (1, 2, 3), "ten columns": tuple(range(10))}


class Figure(msgspec.Struct, frozen=True):
    """One line of the result, in nanoseconds of CPU time."""

    name: str
    median_ns: float
    best_ns: float
    p99_ns: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to benchmarks/results."""

    question: str
    commit: str
    date: str
    machine: dict[str, object]
    versions: dict[str, str]
    settings: Mapping[str, object]
    unit: str
    samples: int
    cells: list[Figure]
    rows: list[Figure]


def frames(values: list[bytes], count: int) -> bytes:
    """So many DataRows."""
    cells = b"".join(struct.pack("!i", len(value)) + value for value in values)
    return (b"D" + struct.pack("!ih", 6 + len(cells), len(values)) + cells) * count


def timed(name: str, call: Callable[[], object], times: int) -> Figure:
    """What one of so many things costs that a call does. CPU time, so that a busy machine disturbs less."""
    samples = []
    for _ in range(SAMPLES):
        started = time.thread_time_ns()
        call()
        samples.append((time.thread_time_ns() - started) / times)
    samples.sort()
    middle, last = samples[SAMPLES // 2], samples[int(SAMPLES * 0.99)]
    return Figure(name, round(middle, 1), round(samples[0], 1), round(last, 1))


def cell(name: str, case: Case) -> Figure:
    """The cost of one cell: a row of fifty such columns, less nothing."""
    method, column, value, format_ = case
    mask = RowMask([compile_mask(method, column, KEYS, "benchmark")] * 50)
    chunk, formats = frames([value] * 50, 100), bytes([format_]) * 50
    return timed(name, lambda: mask.apply_frames(chunk, formats), 50 * 100)


def row(name: str, masked: tuple[int, ...]) -> Figure:
    """The cost of one row of ten columns."""
    masks: list[ColumnMask | None] = [
        compile_mask(method, column, KEYS, "benchmark") if index in masked else None
        for index, (method, column, _) in enumerate(COLUMNS)
    ]
    mask, chunk = RowMask(masks), frames([value for *_, value in COLUMNS], ROWS)
    return timed(
        f"{name} of ten masked" if masked else "none of ten masked", lambda: mask.apply_frames(chunk, bytes(10)), ROWS
    )


def measure() -> Result:
    """Every figure."""
    return Result(
        question=QUESTION,
        commit=machine.commit(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        machine=machine.machine(),
        versions={"python": platform.python_version()},
        settings={"aes": engines()[0], "rows": ROWS, "row_bytes": len(frames([value for *_, value in COLUMNS], 1))},
        unit="nanoseconds of CPU time a cell, and a row",
        samples=SAMPLES,
        cells=[cell(name, case) for name, case in CELLS.items()],
        rows=[row(name, masked) for name, masked in ROW_CASES.items()],
    )


@click.command(epilog="Example: python -m benchmarks.masking --json")
@click.option("--json", "as_json", is_flag=True, help=f"Write {RESULT.name} beside the other results.")
def main(as_json: bool) -> None:  # noqa: FBT001  click's way of a flag
    """Time every kernel."""
    result = measure()
    for figure in result.cells + result.rows:
        click.echo(
            f"{figure.name:32} {figure.median_ns:8.1f} ns {1e3 / figure.median_ns:7.1f} M/s  (best {figure.best_ns})"
        )
    if as_json:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


if __name__ == "__main__":
    main()
