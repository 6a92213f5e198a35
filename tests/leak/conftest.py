"""One stage a server for all attacks, and connections that they share."""

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


class Lines:
    """Connections: one for all statements that leave nothing behind, a new one for any other."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str, str], Client] = {}
        self._stack = ExitStack()

    def kept(self, port: int, user: str, database: str = DATABASE) -> Client:
        """The shared one."""
        key = (port, user, database)
        if key not in self._kept:
            self._kept[key] = self._stack.enter_context(Client(port, user, database))
        return self._kept[key]

    def drop(self, client: Client) -> None:
        """It is broken: the next gets another."""
        self._kept = {key: kept for key, kept in self._kept.items() if kept is not client}

    def close(self) -> None:
        """All of them."""
        self._stack.close()


class Stages:
    """The running stages of this test process, by the server's label, with connections to each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, tuple[Stage, Lines]] = {}
        self._stack = ExitStack()

    def get(self, label: str) -> tuple[Stage, Lines]:
        """The stage of that server, built when it is asked for first."""
        if label not in self._running:
            stage = self._stack.enter_context(running_stage(label, self._folder))
            lines = Lines()
            self._stack.callback(lines.close)
            self._running[label] = stage, lines
        return self._running[label]

    def close(self) -> None:
        """Stop them all."""
        self._stack.close()


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """Every stage of this test process."""
    made = Stages(tmp_path_factory.mktemp("leaks"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def hunter() -> Hunter:
    """Knows every canary."""
    return Hunter(SCHEMA)
