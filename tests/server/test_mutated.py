"""Any order of messages, pipelined anyhow and damaged here and there: no byte of a protected value comes back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.app.proxies import Proxy, make_site, serving
from tests.drivers.frontend import SYNC, copy_fail, query
from tests.peers.peer import Peer
from tests.server.mutating import conversation
from tests.server.readers import login
from tests.servers import Database

CONVERSATIONS = int(os.environ.get("PGWARDEN_MUTATIONS", "150"))
CANARY = b"canary"
FORMS = [CANARY, CANARY.upper(), CANARY[::-1], CANARY.hex().encode()]
PATIENCE_S = 10.0


@pytest.fixture
async def proxy(tmp_path: Path, database: Database) -> AsyncIterator[Proxy]:
    """In front of a table whose every protected value is a canary."""
    site = make_site(tmp_path, database)
    database.run("update people set email = 'canary-' || id || '@example.com'")
    async with serving(site) as running:
        yield running


async def held(peer: Peer, pieces: list[bytes]) -> bytes:
    """Everything that is answered to a conversation, up to the end of the connection."""
    received = bytearray()
    try:
        for piece in (*pieces, copy_fail("over") + SYNC + query("rollback") + query("table people")):
            await peer.send(piece)
            await asyncio.sleep(0)
        peer.half_close()  # a damaged length would have anybody wait for more
        async with asyncio.timeout(PATIENCE_S):
            while chunk := await asyncio.get_running_loop().sock_recv(peer.sock, 65_536):
                received += chunk
    except TimeoutError:
        raise
    except OSError:
        pass  # it was told enough
    return bytes(received)


async def test_no_order_of_messages_shows_a_protected_value(proxy: Proxy) -> None:
    found: dict[int, str] = {}
    for seed in range(CONVERSATIONS):
        with closing(await login(proxy)) as peer:
            try:
                received = await held(peer, conversation(Random(seed)))
            except TimeoutError:
                received, found[seed] = b"", "nobody answers any more"
        if any(form in received for form in FORMS):
            found[seed] = "a protected value"
        elif b"inside pgwarden" in received:
            found[seed] = "an error of ours"
    assert found == {}, proxy.lines[-4:]
