"""One end of a connection that follows a test's script."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol, TypeAlias

from proxy.wire.constants import MAX_LENGTH
from proxy.wire.frame import Frame
from proxy.wire.reader import FrameReader

PATIENCE_S: Final = 20.0
_CHUNK = 65_536


class Encodable(Protocol):
    """A message or a frame."""

    def encode(self) -> bytes:
        """Its bytes."""


Part: TypeAlias = bytes | Encodable


def joined(*parts: Part) -> bytes:
    """The bytes of messages, frames and bytes."""
    return b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)


class Peer:
    """A client or a server: which one is only what the script says."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock, self._heard = sock, b""

    async def send(self, *parts: Part) -> None:
        """All parts in one go."""
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.get_running_loop().sock_sendall(self.sock, joined(*parts))

    async def send_bytewise(self, *parts: Part) -> None:
        """The same, each byte in a packet of its own; the other side runs in between."""
        for byte in joined(*parts):
            await self.send(bytes([byte]))
            await asyncio.sleep(0)

    async def expect(self, *parts: Part) -> None:
        """The next bytes are exactly these."""
        expected = joined(*parts)
        while len(self._heard) < len(expected) and expected.startswith(self._heard):
            if not await self._hear():
                break
        heard, self._heard = self._heard[: len(expected)], self._heard[len(expected) :]
        assert heard == expected

    async def read(self, size: int) -> bytes:
        """The next size bytes; fewer where the other side closes before."""
        while len(self._heard) < size and await self._hear():
            pass
        taken, self._heard = self._heard[:size], self._heard[size:]
        return taken

    async def frame(self) -> Frame:
        """The next frame."""
        return (await self._frames(1))[0]

    async def until(self, type_: bytes) -> list[Frame]:
        """The frames up to and including the first of that type."""
        frames = [await self.frame()]
        while frames[-1].type != type_:
            frames.append(await self.frame())
        return frames

    async def rest(self) -> bytes:
        """All that comes until the other side closes."""
        while await self._hear():
            pass
        rest, self._heard = self._heard, b""
        return rest

    async def ended(self) -> None:
        """The other side has closed, and nothing was left to read."""
        assert await self.rest() == b""

    def half_close(self) -> None:
        """Says that nothing more will be sent; still listens."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Leaves."""
        self.sock.close()

    def reset(self) -> None:
        """Leaves without a word: the other side gets ECONNRESET (TCP)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    async def _frames(self, count: int) -> list[Frame]:
        reader = FrameReader(limit=MAX_LENGTH - 4)
        frames = reader.feed(self._heard)
        while len(frames) < count:
            assert await self._hear(), f"the other side closed; heard {self._heard!r}"
            reader = FrameReader(limit=MAX_LENGTH - 4)
            frames = reader.feed(self._heard)
        self._heard = self._heard[len(joined(*frames[:count])) :]
        return frames[:count]

    async def _hear(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                chunk = await asyncio.get_running_loop().sock_recv(self.sock, _CHUNK)
        except ConnectionResetError:
            chunk = b""
        self._heard += chunk
        return bool(chunk)


class Listening:
    """A scripted server's front door."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.accepted = sock, list[Peer]()

    @property
    def port(self) -> int:
        """The TCP port that was given to it."""
        port: int = self.sock.getsockname()[1]
        return port

    async def accept(self) -> Peer:
        """The next client."""
        async with asyncio.timeout(PATIENCE_S):
            sock, _ = await asyncio.get_running_loop().sock_accept(self.sock)
        peer = Peer(sock)
        self.accepted.append(peer)
        return peer


@asynccontextmanager
async def listening() -> AsyncIterator[Listening]:
    """A server on a free port of the loopback interface; what it accepted is closed at the end."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.setblocking(False)
        door = Listening(sock)
        try:
            yield door
        finally:
            for peer in door.accepted:
                peer.close()


async def dial(host: str, port: int) -> Peer:
    """A client that has connected over TCP."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except OSError:
        sock.close()
        raise
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Peer(sock)


def pair() -> tuple[Peer, socket.socket]:
    """A peer, and the other end of its connection as a raw non-blocking socket."""
    theirs, ours = socket.socketpair()
    ours.setblocking(False)
    return Peer(theirs), ours
