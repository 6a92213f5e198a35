"""A million rows of ten columns, read by a client that only counts: how fast a hop passes them, and masks three."""

import subprocess
from collections.abc import Mapping, Sequence

import msgspec

from benchmarks.endpoints import Endpoint
from benchmarks.fixture import DATABASE, MASKED_QUERY, PLAIN_QUERY, READER
from benchmarks.pgbench import used

FORMATS: Mapping[str, str] = {"text": "0", "binary": "1"}
QUERIES: Mapping[str, str] = {"unmasked": PLAIN_QUERY, "masked": MASKED_QUERY}
TIMEOUT_S = 120.0


class BulkRun(msgspec.Struct, frozen=True):
    """What one read gave. checksum: of all rows; the same for endpoints that sent the same."""

    endpoint: str
    format: str
    masked: str
    round: int
    rows: int
    megabytes_per_s: float
    rows_per_s: float
    seconds: float
    cpu_s: float | None
    checksum: int


class BulkReadError(Exception):
    """The read did not end well."""


def plan(endpoint: Endpoint) -> Sequence[str]:
    """Which queries an endpoint is asked: only pgwarden masks."""
    return tuple(QUERIES) if endpoint.name.startswith("pgwarden") else ("unmasked",)


def read(reader: str, endpoint: Endpoint, *, form: str, masked: str, round_: int) -> BulkRun:
    """Raises BulkReadError: what the reader said."""
    command = [reader, str(endpoint.port), READER, DATABASE, FORMATS[form], QUERIES[masked]]
    before = used(endpoint)
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S)
    after = used(endpoint)
    if done.returncode:
        raise BulkReadError(done.stderr.decode(errors="replace").replace("\0", " ").strip())
    found = msgspec.json.decode(done.stdout)
    return BulkRun(
        endpoint=endpoint.name,
        format=form,
        masked=masked,
        round=round_,
        rows=found["rows"],
        megabytes_per_s=found["bytes"] / found["seconds"] / 1e6,
        rows_per_s=found["rows"] / found["seconds"],
        seconds=found["seconds"],
        cpu_s=after.since(before).total_s if before and after else None,
        checksum=found["sum"],
    )


def check(run: BulkRun, sums: dict[tuple[str, str], int]) -> None:
    """Everybody must give the same rows, and masked ones must be others: a fast wrong answer is no figure. sums: the
    checksum of each format and query so far. Raises BulkReadError."""
    known = sums.setdefault((run.format, run.masked), run.checksum)
    if known != run.checksum:
        raise BulkReadError(f"{run.endpoint} gave other {run.masked} {run.format} rows than those before it")
    if sums.get((run.format, "unmasked")) == sums.get((run.format, "masked")):
        raise BulkReadError(f"{run.endpoint} masked nothing")
