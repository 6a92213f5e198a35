"""The demo's stage: a private PostgreSQL with a shop in it, and a worker of pgwarden in front, in this very process."""

import logging
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg
import yaml

from proxy.app.files import read_files
from proxy.app.worker import Worker
from proxy.embedded.account import current_account
from proxy.embedded.postgres import EmbeddedPostgres
from proxy.errors import WardenError
from proxy.observe.logs import PlainFormatter

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_log = logging.getLogger("pgwarden")

APPLICATION: Final = "shop_app"
ANALYST: Final = "ana"
CATALOG: Final = "pgwarden"
DATABASE: Final = "shop"
RULES: Final = Path(__file__).parents[2] / "masking_rules"
RULE_FILES: Final = ("base.yaml", "examples/shop.yaml")
PASSWORDS_ONLY: Final = "local all all scram-sha-256\n"
"""pg_hba.conf once the shop is there: nobody comes in without a password, the superuser has none."""
ROLES: Final = """
    create role {catalog} login password '{catalog_password}';
    create role {application} login password '{application_password}';
    create role {analyst} login password '{analyst_password}' in role analysts;
    grant select, insert, update, delete on all tables in schema shop to {application};
    revoke connect on database postgres, template1 from public;
"""


class Stage:
    """What stands: the server, the worker, its folder, where clients connect, with which passwords."""

    def __init__(self, server: EmbeddedPostgres, worker: Worker, passwords: Mapping[str, str]) -> None:
        self.server, self.worker, self.passwords = server, worker, passwords
        self.host, self.port = "", 0

    @property
    def folder(self) -> Path:
        """Configuration, key, log, journal."""
        return self.worker.path.parent

    @property
    def metrics(self) -> str:
        """Where the metrics are."""
        host, port = self.worker.admin_address or ("", 0)
        return f"http://{host}:{port}/metrics"

    @property
    def journal(self) -> Path:
        """The audit journal."""
        return self.worker.config.audit.directory

    def dsn(self, user: str) -> str:
        """A URI for psql and every driver, through pgwarden."""
        return f"postgresql://{user}:{self.passwords[user]}@{self.host}:{self.port}/{DATABASE}"

    @property
    def dsns(self) -> Mapping[str, str]:
        """By what they are for: two people through pgwarden, and one past it, to compare."""
        direct = self.server.dsn(DATABASE, ANALYST, self.passwords[ANALYST])
        return {"analyst": self.dsn(ANALYST), "application": self.dsn(APPLICATION), "past pgwarden": direct}

    async def connect(self, user: str) -> Connection:
        """A session of that user, through pgwarden."""
        connection: Connection = await asyncpg.connect(
            self.dsn(user), ssl=False, server_settings={"application_name": "pgwarden demo"}
        )
        return connection


@asynccontextmanager
async def staged(server: EmbeddedPostgres, port: int) -> AsyncIterator[Stage]:
    """Fills a running server and puts a worker in front of it. port: 0 takes a free one. Everything that is written is
    below the server's own folder, which its guard removes even where this process is killed."""
    passwords = {user: secrets.token_urlsafe(9) for user in (APPLICATION, ANALYST, CATALOG)}
    await _fill(server, passwords)
    server.restart(hba=PASSWORDS_ONLY)
    path = _write_files(server, port, passwords)
    log = _log_into(path.with_name("pgwarden.log"))
    try:
        worker = Worker(*read_files(path), path)
        try:
            stage = Stage(server, worker, passwords)
            stage.host, stage.port = await worker.start()
            current_account().give(path.parent)
            yield stage
        finally:
            await worker.stop()
    finally:
        _log.removeHandler(log)
        log.close()


def _log_into(path: Path) -> logging.Handler:
    """pgwarden's own log is beside the point here, and not on the terminal."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(PlainFormatter())
    _log.addHandler(handler)
    _log.propagate = False
    _log.setLevel(logging.INFO)
    return handler


async def _fill(server: EmbeddedPostgres, passwords: Mapping[str, str]) -> None:
    roles = ROLES.format(
        catalog=CATALOG,
        catalog_password=passwords[CATALOG],
        application=APPLICATION,
        application_password=passwords[APPLICATION],
        analyst=ANALYST,
        analyst_password=passwords[ANALYST],
    )
    await _execute(server.dsn(), f"create database {DATABASE}")
    await _execute(server.dsn(DATABASE), resources.files("proxy.cli").joinpath("demo.sql").read_text("utf-8"), roles)


async def _execute(dsn: str, *scripts: str) -> None:
    connection: Connection = await asyncpg.connect(dsn)
    try:
        for script in scripts:
            await connection.execute(script)
    finally:
        await connection.close()


def _write_files(server: EmbeddedPostgres, port: int, passwords: Mapping[str, str]) -> Path:
    """The configuration that a user would write, and its key. Raises WardenError: the rules are not there."""
    if missing := [name for name in RULE_FILES if not (RULES / name).is_file()]:
        raise WardenError(f"{RULES} does not hold {missing[0]}", hint="run the demo from a clone of the project")
    folder = server.folder / "pgwarden"
    folder.mkdir(mode=0o700)
    config = {
        "listen": {"host": "127.0.0.1", "port": port},
        "upstream": {"socket": str(server.folder), "port": server.port},
        "catalog": {"user": CATALOG, "password": passwords[CATALOG], "database": DATABASE},
        "rules": [str(RULES / name) for name in RULE_FILES],
        "keys": {"current": 1, 1: {"file": "mask.key"}},
        "audit": {"directory": "audit", "mode": "durable"},
        "admin": {"listen": "127.0.0.1:0"},
        "limits": {"drain_seconds": 1},
        "log": {"format": "plain"},
    }
    _write(folder / "mask.key", secrets.token_bytes(32))
    _write(folder / "pgwarden.yaml", yaml.safe_dump(config, sort_keys=False).encode())
    return folder / "pgwarden.yaml"


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
