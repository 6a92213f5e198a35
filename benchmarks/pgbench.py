"""One run of `pgbench -S` against one endpoint, measured inside a window in which every client is connected.

pgbench logs each transaction with the moment of its end, so the transactions of the window can be counted and the hop's
CPU time read at its two ends: neither logging in nor the first, unknown statement is in the figure.
"""

import math
import os
import statistics
import subprocess
import time
from pathlib import Path

import msgspec

from benchmarks.endpoints import Endpoint
from benchmarks.fixture import DATABASE, READER, SCALE
from benchmarks.procstat import Cpu, cpu
from benchmarks.programs import program

WARM_UP_S = 0.7
MARGIN_S = 0.3


class Cell(msgspec.Struct, frozen=True):
    """What is asked. mode: simple, extended or prepared."""

    mode: str
    clients: int


class Run(msgspec.Struct, frozen=True):
    """What one run gave. CPU figures are None where there is no hop."""

    endpoint: str
    mode: str
    clients: int
    round: int
    transactions: int
    tps: float
    p50_us: float
    p99_us: float
    cpu_us: float | None
    cpu_user_us: float | None
    cpu_system_us: float | None


class PgbenchError(Exception):
    """pgbench ended before its time."""


def run(endpoint: Endpoint, cell: Cell, *, round_: int, seconds: float, folder: Path) -> Run:
    """Raises PgbenchError: what it said last."""
    prefix = folder / f"log.{os.getpid()}"
    process = launch(endpoint, cell, math.ceil(WARM_UP_S + seconds + MARGIN_S), prefix)
    idle_for(process, WARM_UP_S)
    before, start = used(endpoint), time.time()
    idle_for(process, seconds)
    after, end = used(endpoint), time.time()
    _, said = process.communicate()
    if process.returncode:
        raise PgbenchError(said.strip().splitlines()[-1] if said.strip() else "no word")
    latencies = latencies_in(prefix, start, end)
    cost = after.since(before) if before and after else None
    per = 1e6 / max(len(latencies), 1)
    return Run(
        endpoint=endpoint.name,
        mode=cell.mode,
        clients=cell.clients,
        round=round_,
        transactions=len(latencies),
        tps=len(latencies) / (end - start),
        p50_us=quantile(latencies, 0.50),
        p99_us=quantile(latencies, 0.99),
        cpu_us=None if cost is None else cost.total_s * per,
        cpu_user_us=None if cost is None else cost.user_s * per,
        cpu_system_us=None if cost is None else cost.system_s * per,
    )


def launch(endpoint: Endpoint, cell: Cell, whole_s: int, prefix: Path) -> "subprocess.Popen[str]":
    """One thread for all clients, the same for every endpoint; the scale is given, so that nothing is asked before."""
    command = [program("pgbench"), "-S", "-n", "-M", cell.mode, "-c", str(cell.clients), "-j", "1"]
    command += ["-T", str(whole_s), "-s", str(SCALE), "-l", f"--log-prefix={prefix}", "--random-seed=7"]
    command += ["-h", "127.0.0.1", "-p", str(endpoint.port), "-U", READER, DATABASE]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def idle_for(process: "subprocess.Popen[str]", seconds: float) -> None:
    """Lets the run go on. Raises PgbenchError: it ended."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    said = process.communicate()[1].strip().splitlines()
    raise PgbenchError(said[-1] if said else "it ended before its time")


def used(endpoint: Endpoint) -> Cpu | None:
    """CPU time of the hop until now."""
    return None if endpoint.pid is None else cpu(endpoint.pid)


def latencies_in(prefix: Path, start: float, end: float) -> list[int]:
    """Latencies in µs of what ended between two moments; manual, pgbench, "Per-Transaction Logging"."""
    found = []
    for file in prefix.parent.glob(f"{prefix.name}.*"):
        for line in file.read_text().rpartition("\n")[0].splitlines():  # one that was ended may leave half a line
            fields = line.split()
            if start < int(fields[4]) + int(fields[5]) / 1e6 <= end:
                found.append(int(fields[2]))
        file.unlink()
    return found


def quantile(values: list[int], share: float) -> float:
    """The value below which share of the values lie; 0 where there are none."""
    if len(values) < 2:
        return float(values[0]) if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
