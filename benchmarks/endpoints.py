"""What is compared: the server itself, PgBouncer, a bare hop and pgwarden, each started and stopped by its pid."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.fixture import DATABASE, READER, write_config
from benchmarks.programs import compiled, program
from proxy.embedded.account import current_account
from proxy.embedded.postgres import EmbeddedPostgres

START_S = 30.0
STOP_S = 10.0


class Endpoint(msgspec.Struct, frozen=True):
    """A port of 127.0.0.1 to connect to. pid: the first process of the hop; None for the server itself."""

    name: str
    port: int
    pid: int | None


class EndpointError(Exception):
    """A hop did not start; the message says why, as far as it told."""


@contextmanager
def direct(server: EmbeddedPostgres, _folder: Path) -> Iterator[Endpoint]:
    """No hop."""
    yield Endpoint("direct", server.port, None)


@contextmanager
def pgbouncer(server: EmbeddedPostgres, folder: Path, *, name: str, upstream: str | None) -> Iterator[Endpoint]:
    """PgBouncer in session pooling. upstream: a host; None for the server's Unix socket."""
    account, port = current_account(), free_port()
    where = f"host={upstream or server.folder} port={server.port} dbname={DATABASE}"
    (folder / "users.txt").write_text(f'"{READER}" ""\n"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{DATABASE} = {where}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n"
        f"auth_file = {folder}/users.txt\npool_mode = session\ndefault_pool_size = 100\nmax_client_conn = 1000\n"
        "log_connections = 0\nlog_disconnections = 0\nserver_reset_query =\n"
    )
    account.give(folder)
    command = [program("pgbouncer"), str(folder / "pgbouncer.ini")]
    options = account.popen_options()
    with started(command, folder / "log", options) as process:
        wait_for_port(process, port, folder / "log")
        yield Endpoint(name, port, process.pid)


@contextmanager
def bare(server: EmbeddedPostgres, folder: Path) -> Iterator[Endpoint]:
    """A hop in C that forwards bytes."""
    port = free_port()
    with started([compiled("bare", folder), str(port), str(server.port)], folder / "log", {}) as process:
        wait_for_port(process, port, folder / "log")
        yield Endpoint("bare", port, process.pid)


@contextmanager
def pgwarden(
    server: EmbeddedPostgres, folder: Path, *, name: str, mode: str, upstream: Mapping[str, object]
) -> Iterator[Endpoint]:
    """pgwarden with rules loaded and the audit on. mode: of the audit; upstream: as in the configuration."""
    where = {"port": server.port} | {key: value or str(server.folder) for key, value in upstream.items()}
    config = write_config(folder, server, mode=mode, upstream=where)
    command = [sys.executable, "-m", "proxy", "serve", "--config", str(config)]
    with started(command, folder / "log", {}) as process:
        yield Endpoint(name, listening_port(process, folder / "log"), process.pid)


Factory = Callable[[EmbeddedPostgres, Path], AbstractContextManager[Endpoint]]
ENDPOINTS: Mapping[str, Factory] = {
    "direct": direct,
    "pgbouncer": partial(pgbouncer, name="pgbouncer", upstream="127.0.0.1"),
    "pgbouncer-socket": partial(pgbouncer, name="pgbouncer-socket", upstream=None),
    "bare": bare,
    "pgwarden": partial(pgwarden, name="pgwarden", mode="async", upstream={"host": "127.0.0.1"}),
    "pgwarden-durable": partial(pgwarden, name="pgwarden-durable", mode="durable", upstream={"host": "127.0.0.1"}),
    "pgwarden-socket": partial(pgwarden, name="pgwarden-socket", mode="async", upstream={"socket": None}),
}
"""By name. The audit is async unless the name says durable; the server is reached over TCP unless it says socket."""


@contextmanager
def started(command: list[str], log: Path, options: dict[str, Any]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process whose output goes to log; ended by its pid."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, **options)
    try:
        yield process
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask twice, then end it."""
    for ask in (process.terminate, process.terminate, process.kill):
        if process.poll() is not None:
            return
        ask()
        try:
            process.wait(STOP_S / 2)
        except subprocess.TimeoutExpired:
            continue


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Returns when port takes connections. Raises EndpointError: it does not in time, or the process ended."""
    for _ in until_started(process, log):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return


def listening_port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """The port in the event `listening` of the log. Raises EndpointError."""
    for _ in until_started(process, log):
        for line in log.read_bytes().splitlines():
            if (port := _port_in(line)) is not None:
                return port
    raise EndpointError("unreachable")  # until_started ends by raising


def until_started(process: "subprocess.Popen[bytes]", log: Path) -> Iterator[None]:
    """Yields every 20 ms while the process lives. Raises EndpointError when it ends or START_S are over."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        yield
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        break
    said = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise EndpointError(" / ".join(said) or "it did not start and said nothing")


def _port_in(line: bytes) -> int | None:
    try:
        event = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return int(event["port"]) if isinstance(event, dict) and event.get("event") == "listening" else None
