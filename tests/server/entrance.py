"""A listener and a gate before some server, and who came through it."""

import asyncio
import socket
from typing import Any

import msgspec

from proxy.relay.login_words import LoggedIn
from proxy.server.gate import Gate
from proxy.server.listener import Listener
from proxy.server.settings import LimitSettings, ListenSettings, UpstreamSettings
from tests.peers.peer import Peer, dial
from tests.peers.pump import pump


def our_key(size: int) -> bytes:
    """A secret that a test can name."""
    return b"\x11" * size


class Entrance:
    """open() it, then connect() to it. Sessions only forward; each is in sessions once its login is over."""

    def __init__(self) -> None:
        self.sessions: asyncio.Queue[LoggedIn] = asyncio.Queue()
        self.listener: Listener
        self.gate: Gate
        self.port, self._clients = 0, list[Peer]()

    async def open(self, upstream_port: int, socket_directory: str | None = None, **limits: Any) -> None:
        """Listens on a free port, in front of the server at upstream_port."""
        upstream = UpstreamSettings(port=upstream_port, socket=socket_directory, connect_seconds=10)
        settings = msgspec.convert(limits, LimitSettings)
        self.gate = Gate(upstream=upstream, limits=settings, on_session=self._on_session, secret=our_key)
        self.listener = Listener(ListenSettings(port=0), self.gate.serve)
        [(_, self.port)] = await self.listener.start()

    async def connect(self) -> Peer:
        """A client, closed at the end."""
        self._clients.append(client := await dial("127.0.0.1", self.port))
        return client

    async def close(self) -> None:
        """Everything that is still open."""
        await self.listener.stop()
        await self.listener.abort()
        for client in self._clients:
            client.close()

    async def _on_session(self, session: LoggedIn, client: socket.socket, server: socket.socket) -> None:
        self.sessions.put_nowait(session)
        await pump(session, client, server)
