"""Connections of one who may not see everything, and of one who may, as raw peers."""

import asyncio
import socket

from proxy.wire.frame import Frame
from proxy.wire.messages.rows import DataRow
from tests.app.proxies import Proxy
from tests.drivers.frontend import query, startup
from tests.peers.peer import Peer, dial

Row = tuple[bytes | None, ...]


async def login(proxy: Proxy) -> Peer:
    """The analyst, who may not see everything."""
    peer = await dial("127.0.0.1", proxy.port)
    await peer.send(startup({"user": proxy.site.analyst, "database": proxy.site.database.name}))
    await peer.until(b"Z")
    return peer


async def direct(proxy: Proxy) -> Peer:
    """A superuser's connection to the server itself."""
    database = proxy.site.database
    sock = socket.socket(socket.AF_UNIX)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, str(database.server.socket_path))
    peer = Peer(sock)
    await peer.send(startup({"user": "postgres", "database": database.name}))
    await peer.until(b"Z")
    return peer


async def shown(peer: Peer, sql: str) -> list[Row]:
    """The rows of a simple Query."""
    await peer.send(query(sql))
    frames = await peer.until(b"Z")
    assert [frame for frame in frames if frame.type == b"E"] == []
    return [DataRow.decode(frame.payload).values for frame in frames if frame.type == b"D"]


async def said(peer: Peer, *parts: bytes, ready: int = 1) -> list[Frame]:
    """Everything that is answered until the other end is ready that often."""
    await peer.send(*parts)
    frames: list[Frame] = []
    for _ in range(ready):
        frames += await peer.until(b"Z")
    return frames


def rows_in(frames: list[Frame]) -> list[Row]:
    """The values of the DataRows."""
    return [DataRow.decode(frame.payload).values for frame in frames if frame.type == b"D"]
