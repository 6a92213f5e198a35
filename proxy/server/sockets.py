"""Raw non-blocking sockets under asyncio. A wait may be cancelled: bytes are taken only by who gets them."""

import asyncio
import socket
from typing import Final

RECEIVE_BYTES: Final = 16_384
_DRAIN_BYTES: Final = 1 << 20


async def first_readable(*socks: socket.socket) -> socket.socket:
    """Whichever of socks has something to read, or has ended, first. The loop watches them while it waits, then no
    more: whoever gets the descriptor next finds it unwatched."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[socket.socket] = loop.create_future()
    for sock in socks:
        loop.add_reader(sock, _resolve, ready, sock)
    try:
        return await ready
    finally:
        for sock in socks:
            loop.remove_reader(sock)


async def receive(sock: socket.socket) -> bytes:
    """What is there, after waiting for it; empty at the end, however it came."""
    while (chunk := receive_now(sock)) is None:
        await first_readable(sock)
    return chunk


def receive_now(sock: socket.socket) -> bytes | None:
    """What is there; empty at the end, None where nothing has come yet."""
    try:
        return sock.recv(RECEIVE_BYTES)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""


async def send(sock: socket.socket, data: bytes) -> None:
    """All of data. Raises OSError."""
    await asyncio.get_running_loop().sock_sendall(sock, data)


def send_now(sock: socket.socket, data: bytes) -> None:
    """As much of data as fits without waiting, for last words: who does not read does not hear."""
    try:
        sock.send(data)
    except OSError:
        return


def tune(sock: socket.socket) -> None:
    """Non-blocking; over TCP no delay for small writes, and peers that vanish are noticed."""
    sock.setblocking(False)  # noqa: FBT003  the library's signature
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def close_gently(sock: socket.socket) -> None:
    """Closes so that what was sent last arrives: unread bytes at close() would make the kernel reset the connection."""
    try:
        sock.shutdown(socket.SHUT_WR)
        for _ in range(_DRAIN_BYTES // RECEIVE_BYTES):
            if not receive_now(sock):
                break
    except OSError:
        pass  # the peer has gone already
    finally:
        sock.close()


def _resolve(ready: "asyncio.Future[socket.socket]", sock: socket.socket) -> None:
    if not ready.done():
        ready.set_result(sock)
