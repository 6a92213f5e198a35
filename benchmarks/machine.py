"""What a figure was measured on."""

import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.programs import MissingProgramError, program

ROOT = Path(__file__).parents[1]
FLUSHES = 200


def machine() -> dict[str, object]:
    """CPU, cores, memory, kernel, and what a flush to its disk takes."""
    return {
        "cpu": _first(r"model name\s*:\s*(.+)", "/proc/cpuinfo"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(_first(r"MemTotal:\s*(\d+)", "/proc/meminfo") or 0) / 1024**2, 1),
        "kernel": platform.release(),
        "fdatasync_us": flush_times_us(),
    }


def versions(server: str) -> dict[str, str]:
    """Of everything that takes part. server: what the server says of itself."""
    return {
        "postgresql": server,
        "pgbouncer": _said("pgbouncer", "--version"),
        "pgbench": _said("pgbench", "--version"),
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit measured; with a plus sign where files of it were changed."""
    head = _git("rev-parse", "--short=12", "HEAD")
    return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def flush_times_us() -> dict[str, float]:
    """Median and p99 of an append of 512 bytes with fdatasync, where temporary files live."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(FLUSHES):
            started = time.perf_counter()
            os.write(file.fileno(), bytes(512))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1e6)
    cuts = statistics.quantiles(times, n=100)
    return {"p50": round(cuts[49]), "p99": round(cuts[98])}


def _first(pattern: str, file: str) -> str:
    found = re.search(pattern, Path(file).read_text())
    return found[1].strip() if found else ""


def _said(name: str, option: str) -> str:
    try:
        return subprocess.run([program(name), option], capture_output=True, text=True).stdout.split("\n", 1)[0]
    except MissingProgramError:
        return "missing"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    return done.stdout.strip()
