"""One theatre for all statements of a test process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.generated.stage import Theatre, running_theatre

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These talk to a real PostgreSQL, though not to that of tests/servers.py."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """The server with the canaries, and pgwarden in front of it."""
    with running_theatre(tmp_path_factory.mktemp("generated")) as running:
        yield running
