"""A pgwarden process for tests: started with a configuration of its own, stopped by its pid."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from proxy.embedded.postgres import EmbeddedPostgres

START_S = 60.0
STOP_S = 20.0
POLL_S = 0.02

OPEN_RULES = """version: 1
levels: [public, confidential]
classify: []
unclassified: public
masks: {default: {method: auto}}
subjects: [{name: everyone, match: {}, clearance: confidential}]
"""
"""Nothing is classified, so nothing is masked and nothing refused: everything passes byte for byte."""

SHOP_RULES = """version: 1
levels: [public, internal, confidential]
classify:
  - {column: public.people.email, level: confidential, type: email}
  - {column: public.people.balance, level: confidential, type: money}
unclassified: public
masks:
  email: {method: fixed, value: hidden@example.com}
  money: {method: 'null'}
  default: {method: auto}
subjects:
  - {name: analysts, match: {user: analyst}, clearance: internal, derived: mask, inference: none, opaque: refuse}
  - {name: everyone, match: {}, clearance: confidential}
"""


class WardenUnavailableError(Exception):
    """pgwarden did not start; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Warden:
    """A running pgwarden: its port, its admin endpoint's, its process, and the file that it logs to."""

    port: int
    admin_port: int
    pid: int
    log: Path


@contextmanager
def running_warden(folder: Path, server: EmbeddedPostgres, rules: str) -> Iterator[Warden]:
    """A pgwarden in front of server. Raises WardenUnavailableError."""
    config = write_config(folder, server, rules)
    command = [sys.executable, "-m", "proxy", "serve", "--config", str(config)]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        port = listening_port(process, log)
        yield Warden(port, port_in(log.read_text(), "admin_listening") or 0, process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def write_config(folder: Path, server: EmbeddedPostgres, rules: str) -> Path:
    """The configuration of design section 4, with a key and rules beside it."""
    (folder / "rules.yaml").write_text(rules)
    key = folder / "mask.key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    config: dict[str, Any] = {
        "listen": {"host": "127.0.0.1", "port": 0},
        "upstream": {"host": "127.0.0.1", "port": server.port},
        "catalog": {"user": "app", "database": "*"},
        "rules": ["rules.yaml"],
        "keys": {"current": 1, 1: {"file": "mask.key"}},
        "audit": {"directory": str(folder / "audit"), "mode": "async"},
        "admin": {"listen": "127.0.0.1:0"},
    }
    file = folder / "pgwarden.yaml"
    file.write_text(yaml.safe_dump(config))
    return file


def listening_port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """The port in the event `listening` of the log. Raises WardenUnavailableError: it ended, or START_S are over."""
    for _ in range(int(START_S / POLL_S)):
        try:
            process.wait(POLL_S)
        except subprocess.TimeoutExpired:
            if (port := port_in(log.read_text(errors="replace"))) is not None:
                return port
            continue
        break
    said = log.read_text(errors="replace").strip().splitlines()[-4:]
    raise WardenUnavailableError(" / ".join(said) or "it said nothing")


def port_in(log: str, event: str = "listening") -> int | None:
    """The port in an event; None while it has not been said."""
    for line in log.splitlines():
        if line.startswith("{") and line.endswith("}") and json.loads(line).get("event") == event:
            return int(json.loads(line)["port"])
    return None
