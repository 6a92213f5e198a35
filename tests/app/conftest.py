"""A site for each test."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from tests.app.proxies import Site, make_site
from tests.servers import Database


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop, as in production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def site(tmp_path: Path, database: Database) -> Site:
    """A configuration, and a database with something to hide."""
    return make_site(tmp_path, database)
