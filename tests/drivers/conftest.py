"""One test, two ways to the server: direct, and through pgwarden. Both must give what the test says."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from proxy.embedded.postgres import EmbeddedPostgres
from tests.drivers.cluster import DATABASE, running_cluster
from tests.drivers.warden import OPEN_RULES, SHOP_RULES, Warden, running_warden

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These talk to a real PostgreSQL, though not to that of tests/servers.py."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.server)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a client connects: the server itself, or pgwarden in front of it."""

    name: str
    port: int
    server: EmbeddedPostgres

    def dsn(self, user: str = "app", password: str | None = None, database: str = DATABASE) -> str:
        """A URI that libpq, asyncpg, SQLAlchemy (with its driver's name put in) and node's pg read alike."""
        secret = "" if password is None else ":" + quote(password, safe="")
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    """The server behind it all."""
    with running_cluster() as server:
        yield server


@pytest.fixture(scope="session")
def open_warden(cluster: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warden]:
    """A pgwarden whose rules concern nothing."""
    yield from _warden(cluster, tmp_path_factory.mktemp("open"), OPEN_RULES)


@pytest.fixture(scope="session")
def shop_warden(cluster: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warden]:
    """A pgwarden that hides email and balance from analyst."""
    yield from _warden(cluster, tmp_path_factory.mktemp("shop"), SHOP_RULES)


def _warden(cluster: EmbeddedPostgres, folder: Path, rules: str) -> Iterator[Warden]:
    with running_warden(folder, cluster, rules) as warden:
        yield warden


@pytest.fixture(scope="session")
def direct(cluster: EmbeddedPostgres) -> Endpoint:
    """No proxy."""
    return Endpoint("direct", cluster.port, cluster)


@pytest.fixture(params=["direct", "pgwarden"])
def endpoint(request: pytest.FixtureRequest, cluster: EmbeddedPostgres) -> Endpoint:
    """The server itself, then pgwarden with rules for others: app is cleared for everything."""
    port = cluster.port if request.param == "direct" else request.getfixturevalue("shop_warden").port
    return Endpoint(request.param, port, cluster)


@pytest.fixture
def behind_open_rules(cluster: EmbeddedPostgres, open_warden: Warden) -> Endpoint:
    """pgwarden without a rule that concerns anything."""
    return Endpoint("pgwarden", open_warden.port, cluster)


@pytest.fixture
def behind_shop_rules(cluster: EmbeddedPostgres, shop_warden: Warden) -> Endpoint:
    """pgwarden in front of a shop of which analyst may not see everything."""
    return Endpoint("pgwarden", shop_warden.port, cluster)


Name = Callable[[str], str]


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> Name:
    """Names for tables, channels and the like that no other test has."""
    serial = zlib.crc32(request.node.nodeid.encode())
    return lambda prefix: f"{prefix}_{serial}"
