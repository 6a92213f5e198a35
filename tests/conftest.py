"""What every test may ask for. Fixtures that need a real PostgreSQL are in tests/servers.py."""

import hypothesis
import pytest

from tests.servers import any_database, any_server, database, server, servers

__all__ = ["any_database", "any_server", "database", "server", "servers"]

# The same examples every time: a test that fails sometimes is never believed. make fuzz looks for new ones.
hypothesis.settings.register_profile("usual", deadline=None, max_examples=100, derandomize=True)
hypothesis.settings.register_profile("long", deadline=None, max_examples=5_000)
hypothesis.settings.load_profile("usual")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what talks to a real PostgreSQL, so that test-fast can leave it out and test-versions can choose it."""
    for item in items:
        if "servers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)
