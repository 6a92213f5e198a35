"""Where a hop's time goes: system calls and CPU of one `pgbench -S` transaction, for each hop.

    python -m benchmarks.profile --client 8 --mode prepared

strace slows a hop down, so its counts and the CPU time come from two runs of their own; the counts per transaction do
not depend on the speed, but for how many events one wake-up serves.
"""

import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from benchmarks import fixture
from benchmarks.endpoints import ENDPOINTS, STOP_S, Endpoint
from benchmarks.harness import running
from benchmarks.pgbench import Cell, Run, run
from benchmarks.programs import program
from benchmarks.report import table

HOPS = ("bare", "pgbouncer", "pgwarden", "pgwarden-durable", "pgwarden-socket")
_CALL = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$")


class Profile(msgspec.Struct, frozen=True):
    """One hop. calls: system calls a transaction, by name, those below a hundredth left out."""

    endpoint: str
    cpu: Run
    calls: Mapping[str, float]


@click.command(epilog="Example: python -m benchmarks.profile --clients 8 --mode extended")
@click.option("--clients", type=click.IntRange(1, 90), default=8, show_default=True)
@click.option("--mode", type=click.Choice(["simple", "extended", "prepared"]), default="prepared", show_default=True)
@click.option("--seconds", type=click.FloatRange(0.5), default=3.0, show_default=True)
@click.option("--endpoint", "endpoints", type=click.Choice(list(ENDPOINTS)), multiple=True, default=HOPS)
def main(clients: int, mode: str, seconds: float, endpoints: tuple[str, ...]) -> None:
    """System calls and CPU per transaction."""
    missing: dict[str, str] = {}
    cell = Cell(mode, clients)
    with tempfile.TemporaryDirectory(prefix="pgwarden-profile-") as name, fixture.database(1) as server:
        folder = Path(name)
        folder.chmod(0o711)
        with running(server, folder, endpoints, missing) as found:
            profiles = [profile(each, cell, seconds, folder) for each in found]
    click.echo(show(profiles))
    for absent, reason in missing.items():
        click.echo(f"left out: {absent}: {reason}", err=True)


def profile(endpoint: Endpoint, cell: Cell, seconds: float, folder: Path) -> Profile:
    """Both runs."""
    cpu = run(endpoint, cell, round_=0, seconds=seconds, folder=folder)
    with traced(endpoint, folder / "strace"):
        run(endpoint, cell, round_=1, seconds=seconds, folder=folder)
    calls = calls_in((folder / "strace").read_text())
    return Profile(endpoint.name, cpu, per_transaction(calls))


@contextmanager
def traced(endpoint: Endpoint, output: Path) -> Iterator[None]:
    """strace counts what the hop asks of the kernel, its threads and children included."""
    command = [program("strace"), "-f", "-c", "-q", "-o", str(output), "-p", str(endpoint.pid)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # it detaches, and writes its table
        process.wait(STOP_S)


def calls_in(summary: str) -> dict[str, int]:
    """strace's table: calls by name."""
    found = {match[2]: int(match[1]) for line in summary.splitlines() if (match := _CALL.match(line))}
    found.pop("total", None)
    return found


def per_transaction(calls: Mapping[str, int]) -> dict[str, float]:
    """A transaction is sent to the server once and to the client once: two sends."""
    transactions = sum(calls.get(name, 0) for name in ("sendto", "write", "send", "writev", "sendmsg")) / 2 or 1
    return {name: count / transactions for name, count in calls.items() if count / transactions >= 0.01}


def show(profiles: Sequence[Profile]) -> str:
    """A table: a hop a line."""
    rows = [
        [
            each.endpoint,
            f"{each.cpu.tps:,.0f}",
            f"{each.cpu.cpu_us or 0:.1f}",
            f"{each.cpu.cpu_user_us or 0:.1f}",
            f"{sum(each.calls.values()):.1f}",
            ", ".join(f"{name} {count:.2f}" for name, count in sorted(each.calls.items(), key=lambda one: -one[1])),
        ]
        for each in profiles
    ]
    return table(["hop", "TPS", "CPU µs", "user", "calls", "by name"], rows)


if __name__ == "__main__":
    main()
