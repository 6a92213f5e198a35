"""What keeps the catalog account out: for good, or only now."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from proxy.app.catalog_login import log_in
from proxy.config.keys import KeySection
from proxy.config.settings import Config
from proxy.errors import CatalogUnreadable, UpstreamUnavailable, WardenError
from proxy.server.settings import UpstreamSettings
from proxy.server.verdicts import error_frame


@asynccontextmanager
async def saying(sqlstate: str, message: str) -> AsyncIterator[Config]:
    """A server that answers every startup with that error."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_024)
        writer.write(error_frame("FATAL", sqlstate, message))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield Config(rules=(Path("r.yaml"),), keys=KeySection(1, {1: bytes(32)}), upstream=UpstreamSettings(port=port))


@pytest.mark.parametrize(
    ("sqlstate", "message", "kind"),
    [
        pytest.param("57P03", "the database system is starting up", UpstreamUnavailable, id="it is starting"),
        pytest.param("57P03", "the database system is shutting down", UpstreamUnavailable, id="it is stopping"),
        pytest.param("53300", "sorry, too many clients already", UpstreamUnavailable, id="it is full"),
        pytest.param("28P01", "password authentication failed", CatalogUnreadable, id="a wrong password"),
        pytest.param("28000", 'role "pgwarden" does not exist', CatalogUnreadable, id="no such role"),
        pytest.param("3D000", 'database "shop" does not exist', CatalogUnreadable, id="no such database"),
    ],
)
async def test_what_may_pass_by_itself_is_told_apart(sqlstate: str, message: str, kind: type[WardenError]) -> None:
    async with saying(sqlstate, message) as config:
        with pytest.raises(WardenError, match=message) as error:
            await log_in(config, "shop")
        assert type(error.value) is kind
