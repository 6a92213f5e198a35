"""The process between us and a PostgreSQL of ours: while its parent lives so does the server, and no longer.

It runs as a script with nothing but the standard library, and owns the server. Its standard input is a pipe that only
the parent holds: a byte there orders the end, and so does its closing. Should the guard itself be killed, the kernel
stops the server (prctl(2), PR_SET_PDEATHSIG). It says "ready" or "failed" on its standard output, and nothing else.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Final

FAST: Final = b"f"
IMMEDIATE: Final = b"i"
SIGNALS: Final = {FAST: signal.SIGINT, IMMEDIATE: signal.SIGQUIT}  # manual, "Shutting Down the Server"
PR_SET_PDEATHSIG: Final = 1
START_S: Final = 60.0
STOP_S: Final = 10.0
POLL_S: Final = 0.005
STATUS_LINE: Final = 7  # of postmaster.pid; storage/pidfile.h, LOCK_FILE_LINE_PM_STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to run and how. remove: a folder that goes when the parent is gone. uid: None stays who we are."""

    command: list[str]
    data: str
    log: str
    remove: str
    uid: int | None
    gid: int
    parent: int


def launch(job: Job, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a guard for job. It has a session of its own, so that Ctrl-C reaches the parent alone."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, json.dumps(asdict(job))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment,
        start_new_session=True,
    )


def is_ready(guard: subprocess.Popen[str]) -> bool:
    """Wait for the guard's word about the server."""
    return guard.stdout is not None and guard.stdout.readline() == "ready\n"


def dismiss(guard: subprocess.Popen[str], order: bytes) -> None:
    """Have the guard end the server by order, and wait for both."""
    try:
        guard.communicate(order.decode(), timeout=4 * STOP_S)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.communicate()


def run(job: Job) -> None:
    """Start the server, watch over it, end it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    _become(job)
    with open(job.log, "ab") as log:
        server = subprocess.Popen(
            job.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=job.data,
            preexec_fn=_end_with_parent,
        )
    order = IMMEDIATE
    try:
        if _came_up(server, job):
            order = _watch(server, job)
    finally:
        _end(server, SIGNALS.get(order, signal.SIGQUIT))
        if not order or os.getppid() != job.parent:
            shutil.rmtree(job.remove, ignore_errors=True)


def _become(job: Job) -> None:
    os.umask(0o077)
    if job.uid is not None:
        os.setgroups([])
        os.setgid(job.gid)
        os.setuid(job.uid)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _came_up(server: subprocess.Popen[bytes], job: Job) -> bool:
    """Wait until the server says that it takes connections, or ends, or nobody waits any more."""
    until = monotonic() + START_S
    while server.poll() is None and monotonic() < until and not _has_input(POLL_S) and os.getppid() == job.parent:
        if _says_ready(Path(job.data, "postmaster.pid"), server.pid):
            print("ready", flush=True)
            return True
    print("failed", flush=True)
    return False


def _says_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return False
    return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"


def _watch(server: subprocess.Popen[bytes], job: Job) -> bytes:
    """The order that came; none when the parent is gone. Its forked child may hold the pipe too: its id is asked."""
    while server.poll() is None:
        if os.getppid() != job.parent:
            return b""
        if _has_input(0.5):
            return os.read(0, 1)
    return IMMEDIATE


def _has_input(timeout_s: float) -> bool:
    return bool(select.select([0], [], [], timeout_s)[0])


def _end(server: subprocess.Popen[bytes], order: signal.Signals) -> None:
    for number in (order, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(number)
            try:
                server.wait(STOP_S)
            except subprocess.TimeoutExpired:
                continue


if __name__ == "__main__":
    run(Job(**json.loads(sys.argv[1])))
