"""The entrance as the application builds it, on the loop that it runs on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from tests.server.entrance import Entrance


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop, as in production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def entrance() -> AsyncIterator[Entrance]:
    """An entrance that has not opened yet; what it opened is closed at the end."""
    made = Entrance()
    yield made
    await made.close()
