"""One stage for all attacks, and connections that they share."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.leak.canary import Hunter
from tests.leak.client import Client
from tests.leak.stage import DATABASE, SCHEMA, Stage, running_stage

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These talk to a real PostgreSQL, though not to that of tests/servers.py."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The server with the canaries, and pgwarden in front of it."""
    with running_stage(tmp_path_factory.mktemp("leaks")) as running:
        yield running


@pytest.fixture(scope="session")
def hunter() -> Hunter:
    """Knows every canary."""
    return Hunter(SCHEMA)


class Lines:
    """Connections: one for all statements that leave nothing behind, a new one for any other."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], Client] = {}
        self._stack = ExitStack()

    def kept(self, port: int, user: str) -> Client:
        """The shared one."""
        if (port, user) not in self._kept:
            self._kept[port, user] = self._stack.enter_context(Client(port, user, DATABASE))
        return self._kept[port, user]

    def drop(self, port: int, user: str) -> None:
        """It is broken: the next gets another."""
        self._kept.pop((port, user), None)

    def close(self) -> None:
        """All of them."""
        self._stack.close()


@pytest.fixture(scope="session")
def lines() -> Iterator[Lines]:
    """The connections of this test process."""
    made = Lines()
    yield made
    made.close()
