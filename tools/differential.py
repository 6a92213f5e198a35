"""PostgreSQL's own regression statements, directly and through pgwarden: is what psql prints the same?

python -m tools.differential [FILE …]: without files the whole schedule, in its order. Each side has a server of its
own; pgwarden has rules that classify columns, audits, and asks as a cleared reader. Files that need regress.so fail on
both sides, and are compared all the same. Exits with 1 where a file differs; the outputs
and their difference stay under build/differential.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from proxy.embedded.account import current_account
from proxy.embedded.binaries import directory_binaries
from proxy.embedded.postgres import EmbeddedPostgres
from tests.drivers.warden import running_warden
from tools.differential_source import regression_folder

SYSTEM = Path("/usr/lib/postgresql/15/bin")
OUTPUT = Path("build/differential")
DATABASE = "regression"
SETTINGS = {
    "max_prepared_transactions": "2",
    "max_connections": "100",
    "autovacuum": "off",
    "synchronize_seqscans": "off",
    "log_min_messages": "panic",
}
SETUP = (
    "create role app login superuser",
    f"create database {DATABASE} template template0",
    *(
        f"alter database {DATABASE} set {name} to '{value}'"
        for name, value in {
            "lc_messages": "C", "lc_monetary": "C", "lc_numeric": "C", "lc_time": "C", "bytea_output": "hex",
            "timezone_abbreviations": "Default",
        }.items()
    ),
)  # fmt: skip
RULES = """version: 1
levels: [public, secret]
classify:
  - {column: '*.*./^(name|email|f1|a|salary|b|c|t|data)$/', level: secret, type: plain}
unclassified: public
masks: {plain: {method: redact}, default: {method: auto}}
subjects:
  - {name: nobody, match: {user: no_such_user}, clearance: public}
  - {name: everyone, match: {}, clearance: secret}
"""
"""Columns of the regression tables are classified, so that levels, digests and flows are followed. We may see all."""
BY_NATURE = (
    (re.compile(r"(?i)\bpid[ =]*\d+|server process with PID \d+"), "PID"),
    (re.compile(r"\b\d+\.\d+ ms\b"), "N ms"),
    (re.compile(r"\bpg_(toast|temp)_\d+(_index)?"), r"pg_\1_N\2"),
    (re.compile(r"(?i)\boid \d{5,}|(?<=relation )\d{5,}|(?<=OID )\d{5,}"), "OID"),
)
"""What two servers never print alike: processes, times, and numbers that count all that a server has done."""
FILE_S = 1_200


@dataclass(frozen=True, slots=True)
class Side:
    """One way to a server. folder: where its files go."""

    name: str
    port: int
    folder: Path

    def run(self, source: Path, name: str) -> str:
        """What psql prints of a file, as pg_regress starts it."""
        environment = os.environ | {
            "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "app", "PGDATABASE": DATABASE, "PGTZ": "PST8PDT",
            "PGDATESTYLE": "Postgres, MDY", "PGOPTIONS": "-c intervalstyle=postgres_verbose", "LC_MESSAGES": "C",
            "PG_ABS_SRCDIR": str(source), "PG_ABS_BUILDDIR": str(self.folder), "PG_LIBDIR": str(self.folder),
            "PG_DLSUFFIX": ".so",
        }  # fmt: skip
        command = [str(SYSTEM / "psql"), "-X", "-a", "-q", "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"]
        with (source / "sql" / f"{name}.sql").open("rb") as text:
            try:
                done = subprocess.run(
                    command, stdin=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                    cwd=self.folder, timeout=FILE_S,
                )  # fmt: skip
            except subprocess.TimeoutExpired as late:
                return (late.stdout or b"").decode(errors="replace") + f"\nnot done in {FILE_S} s"
        return done.stdout.decode(errors="replace").replace(str(self.folder), "BUILD")


def main(*names: str) -> None:
    """Runs, prints the table, and ends."""
    if not (SYSTEM / "postgres").exists():
        sys.exit(f"There is no server in {SYSTEM.parent}: install Debian's package postgresql-15.")
    binaries = directory_binaries(SYSTEM)
    source = regression_folder(binaries.major, binaries.version.split()[0])
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    with both_sides() as (direct, through, metrics), ThreadPoolExecutor(2) as pool:
        print(f"{'file':28} {'direct s':>9} {'pgwarden s':>10}  output")
        files = names or scheduled(source)
        differing = [name for name in files if not compared(pool, source, name, (direct, through))]
        said = urllib.request.urlopen(metrics, timeout=10).read().decode()  # noqa: S310  our own admin page
    statements = sum(float(count) for count in re.findall(r"(?m)^pgwarden_statements_total\{[^}]*\} (\S+)", said))
    print(
        f"{len(files)} files, {statements:.0f} statements, PostgreSQL {binaries.version.split()[0]}: "
        + (f"all identical but {', '.join(differing)} (see {OUTPUT})" if differing else "all identical")
    )
    sys.exit(bool(differing))


def scheduled(source: Path) -> list[str]:
    """The files in the schedule's order; those of one group one after the other."""
    lines = (source / "parallel_schedule").read_text().splitlines()
    return [name for line in lines if line.startswith("test:") for name in line.split()[1:]]


@contextmanager
def both_sides() -> Iterator[tuple[Side, Side, str]]:
    """Two servers alike; in front of one is pgwarden, whose metrics have the address given last."""
    with ExitStack() as stack:
        made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgw-differential-")))
        made.chmod(0o755)
        servers = [
            stack.enter_context(EmbeddedPostgres(directory_binaries(SYSTEM), settings=SETTINGS)) for _ in range(2)
        ]
        for server in servers:
            with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
                for statement in SETUP:
                    connection.execute(statement.encode())
        (home := made / "warden").mkdir()
        warden = stack.enter_context(running_warden(home, servers[1], RULES))
        sides = [
            Side(name, port, made / name) for name, port in (("direct", servers[0].port), ("pgwarden", warden.port))
        ]
        for side in sides:
            (side.folder / "results").mkdir(parents=True)
            current_account().give(side.folder)
        yield sides[0], sides[1], f"http://127.0.0.1:{warden.admin_port}/metrics"


def compared(pool: ThreadPoolExecutor, source: Path, name: str, sides: Sequence[Side]) -> bool:
    """Both sides at once; prints a line of the table."""
    outputs, times = zip(*pool.map(partial(_timed, source, name), sides), strict=True)
    for side, output in zip(sides, outputs, strict=True):
        (OUTPUT / f"{name}.{side.name}.out").write_text(output)
    one, other = (normalised(output).splitlines() for output in outputs)
    difference = list(difflib.unified_diff(one, other, "direct", "pgwarden", lineterm="", n=3))
    if difference:
        (OUTPUT / f"{name}.diff").write_text("\n".join(difference) + "\n")
    changed = sum(line[0] in "+-" for line in difference[2:])
    print(
        f"{name:28} {times[0]:9.1f} {times[1]:10.1f}  {f'{changed} lines differ' if changed else 'identical'}",
        flush=True,
    )
    return not changed


def _timed(source: Path, name: str, side: Side) -> tuple[str, float]:
    start = time.monotonic()
    return side.run(source, name), time.monotonic() - start


def normalised(output: str) -> str:
    """Without what differs by nature."""
    for pattern, word in BY_NATURE:
        output = pattern.sub(word, output)
    return output


if __name__ == "__main__":
    main(*sys.argv[1:])
