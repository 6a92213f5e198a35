"""A running admin endpoint, and a client that speaks raw bytes to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest

from proxy.admin.pages import Pages
from proxy.admin.server import AdminServer
from proxy.admin.settings import AdminSettings
from proxy.observe.metrics import registry

Ask: TypeAlias = Callable[[bytes], Awaitable[bytes]]


class Parts:
    """What the checks say, set by a test."""

    def __init__(self) -> None:
        self.reasons: dict[str, str | None] = {"upstream": None, "journal": None}
        self.rows = 0

    def pages(self, *, token: str = "") -> Pages:
        checks = {name: lambda name=name: self.reasons[name] for name in self.reasons}
        return Pages(metrics=registry([lambda: {"pgwarden_rows": self.rows}]), checks=checks, token=token)


async def exchange(address: tuple[str, int], sent: bytes) -> bytes:
    """Everything that comes back for what is sent, until the server closes."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(sent)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
async def endpoint(parts: Parts) -> AsyncIterator[tuple[str, int]]:
    server = AdminServer(AdminSettings(listen="127.0.0.1:0"), parts.pages(), deadline_s=0.3)
    yield await server.start()
    await server.close()


@pytest.fixture
def ask(endpoint: tuple[str, int]) -> Ask:
    return lambda sent: exchange(endpoint, sent)
