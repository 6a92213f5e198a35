"""Real PostgreSQL for tests: one fixture, any version. Each test process has servers of its own, started on first use.

def test_x(server): …            the embedded server
def test_x(any_server): …        once for every version that this machine has
async def test_x(database): …    an empty database on the embedded server: await database.connect()
async def test_x(any_database)   the same on every version
"""

import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from proxy.embedded.binaries import Binaries, directory_binaries, wheel_binaries
from proxy.embedded.cache import cache_directory
from proxy.embedded.postgres import EmbeddedPostgres

VERSIONS = range(13, 19)
SYSTEM = Path("/usr/lib/postgresql/15/bin")  # Debian's package
TEST_SETTINGS = {"max_connections": "200", "max_prepared_transactions": "10", "log_min_messages": "warning"}
numbers = itertools.count(1)


def fetched(major: int) -> Path:
    """Where tools/fetch_versions.py puts the programs of a major version."""
    return cache_directory() / "versions" / str(major) / "bin"


def known_servers() -> Mapping[str, Callable[[], Binaries]]:
    """By label, the servers that any_server runs on. PGWARDEN_TEST_VERSIONS (13,14 or all) asks for fetched ones."""
    if asked := os.environ.get("PGWARDEN_TEST_VERSIONS", ""):
        majors = VERSIONS if asked == "all" else [int(major) for major in asked.split(",")]
        return {str(major): partial(directory_binaries, fetched(major)) for major in majors}
    known: dict[str, Callable[[], Binaries]] = {"embedded": wheel_binaries}
    if SYSTEM.is_dir():
        known["system15"] = partial(directory_binaries, SYSTEM)
    return known


KNOWN = known_servers()
DEFAULT = list(KNOWN) if "embedded" not in KNOWN else ["embedded"]


class Servers:
    """The running servers of this test process, by label."""

    def __init__(self) -> None:
        self._running: dict[str, EmbeddedPostgres] = {}
        self._stack = ExitStack()

    def get(self, label: str) -> EmbeddedPostgres:
        """The server of that label, started when it is asked for first."""
        if label not in self._running:
            server = EmbeddedPostgres(KNOWN[label](), settings=TEST_SETTINGS)
            self._running[label] = self._stack.enter_context(server)
        return self._running[label]

    def close(self) -> None:
        """Stop them all."""
        self._stack.close()


@dataclass(frozen=True, slots=True)
class Database:
    """A database that no other test sees. Roles belong to the whole server: name() gives names for them."""

    server: EmbeddedPostgres
    name: str
    _connections: AsyncExitStack = field(default_factory=AsyncExitStack)

    def dsn(self, user: str = "postgres", password: str | None = None) -> str:
        """A URI over the Unix socket."""
        return self.server.dsn(self.name, user, password)

    def tcp_dsn(self, user: str = "postgres", password: str | None = None) -> str:
        """A URI over TCP."""
        return self.server.tcp_dsn(self.name, user, password)

    async def connect(self, user: str = "postgres", **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        """An asyncpg connection that is closed after the test."""
        connection = await asyncpg.connect(self.dsn(user), **options)
        self._connections.push_async_callback(connection.close)
        return connection

    async def close(self) -> None:
        """Close what connect() has opened."""
        await self._connections.aclose()

    def psycopg(self, user: str = "postgres", **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A psycopg connection in autocommit mode; the caller closes it (with …)."""
        return psycopg.connect(self.dsn(user), autocommit=True, **options)

    def run(self, *statements: str) -> None:
        """Execute statements as the superuser, each by itself."""
        with self.psycopg() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def unique(self, prefix: str) -> str:
        """A name that nothing else on this server has, for a role."""
        return f"{prefix}_{os.getpid()}_{next(numbers)}"


def create_database(server: EmbeddedPostgres) -> Database:
    """An empty database."""
    name = f"test_{next(numbers)}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return Database(server, name)


def drop_database(database: Database) -> None:
    """Sessions that the test left are ended, so that the next test finds a quiet server."""
    with psycopg.connect(database.server.dsn(), autocommit=True) as connection:
        connection.execute(f"drop database {database.name} with (force)".encode())


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Every server of this test process."""
    running = Servers()
    yield running
    running.close()


@pytest.fixture(scope="session", params=DEFAULT)
def server(servers: Servers, request: pytest.FixtureRequest) -> EmbeddedPostgres:
    """The embedded server; under PGWARDEN_TEST_VERSIONS each of those."""
    return servers.get(request.param)


@pytest.fixture(scope="session", params=list(KNOWN))
def any_server(servers: Servers, request: pytest.FixtureRequest) -> EmbeddedPostgres:
    """A server of every version that this machine has."""
    return servers.get(request.param)


@pytest.fixture
async def database(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    """An empty database on the embedded server."""
    async with fresh_database(server) as made:
        yield made


@pytest.fixture
async def any_database(any_server: EmbeddedPostgres) -> AsyncIterator[Database]:
    """An empty database on every version."""
    async with fresh_database(any_server) as made:
        yield made


@asynccontextmanager
async def fresh_database(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    """A database that goes with everything that is connected to it."""
    made = create_database(server)
    try:
        yield made
    finally:
        await made.close()
        drop_database(made)
