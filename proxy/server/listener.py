"""Listening sockets of our own, and a task for each connection that they accept."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias

from proxy.errors import CannotListen
from proxy.observe.logs import EventLog
from proxy.server.settings import ListenSettings
from proxy.server.sockets import first_readable, tune

Address: TypeAlias = tuple[str, int]
Serve: TypeAlias = Callable[[socket.socket], Awaitable[None]]

_BATCH: Final = 64
"""Connections accepted before others get their turn."""
_BREATH_S: Final = 0.2
"""How long nothing is accepted when descriptors run out, unless a connection ends before."""
_EVERY_ADDRESS: Final = "*"

_log = EventLog("pgwarden.server")


class Listener:
    """Accepts on one port. serve: what is done with each accepted socket, in a task of its own; it closes it."""

    def __init__(self, settings: ListenSettings, serve: Serve) -> None:
        self._settings, self._serve = settings, serve
        self._socks = list[socket.socket]()
        self._accepting = set[asyncio.Task[None]]()
        self._serving = set[asyncio.Task[None]]()
        self._one_ended = asyncio.Event()

    @property
    def connections(self) -> int:
        """Connections that are served now."""
        return len(self._serving)

    async def start(self) -> tuple[Address, ...]:
        """Listens, and says where: port 0 has become a real one. Raises CannotListen."""
        try:
            for family, host in await self._resolve():
                self._socks.append(self._listen(family, host))
        except CannotListen:
            self._close()
            raise
        self._accepting = {asyncio.create_task(self._accept_from(sock)) for sock in self._socks}
        return tuple(sock.getsockname()[:2] for sock in self._socks)

    async def stop(self) -> None:
        """Accepts nobody any more; who is here stays."""
        await _end(self._accepting)
        self._close()

    async def idle(self) -> None:
        """Until the last connection has ended by itself."""
        while self._serving:
            await asyncio.wait(self._serving)

    async def abort(self) -> None:
        """Ends every connection now, and returns when they have closed."""
        await _end(self._serving)

    async def _resolve(self) -> list[tuple[socket.AddressFamily, str]]:
        host = None if self._settings.host == _EVERY_ADDRESS else self._settings.host
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except OSError:  # socket.gaierror
            raise CannotListen(
                f"the address {self._settings.host} is not known", hint="Set listen.host to an address of this machine."
            ) from None
        return list(dict.fromkeys((socket.AddressFamily(family), str(address[0])) for family, *_, address in found))

    def _listen(self, family: socket.AddressFamily, host: str) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)  # noqa: FBT003  the library's signature
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self._settings.share_port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((host, self._port()))
            sock.listen(self._settings.backlog)
        except OSError as error:
            sock.close()
            raise _why(error, host, self._port()) from None
        return sock

    def _port(self) -> int:
        """The port that was given, once one was: all addresses share it."""
        port: int = self._socks[0].getsockname()[1] if self._socks else self._settings.port
        return port

    async def _accept_from(self, sock: socket.socket) -> None:
        while True:
            await first_readable(sock)
            try:
                self._accept_batch(sock)
            except OSError as error:  # no descriptors or memory are left
                _log.error("accept_failed", error=error, connections=self.connections)
                await self._breathe()

    def _accept_batch(self, sock: socket.socket) -> None:
        for _ in range(_BATCH):
            try:
                client, _ = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            tune(client)
            task = asyncio.create_task(self._task(client))
            self._serving.add(task)
            task.add_done_callback(partial(self._ended, client))

    async def _task(self, client: socket.socket) -> None:
        await self._serve(client)

    def _ended(self, client: socket.socket, task: "asyncio.Task[None]") -> None:
        client.close()  # a task that is cancelled before its first step has closed nothing
        self._serving.discard(task)
        self._one_ended.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("connection_failed", error=error)

    async def _breathe(self) -> None:
        self._one_ended.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_BREATH_S):
                await self._one_ended.wait()

    def _close(self) -> None:
        while self._socks:
            self._socks.pop().close()


async def _end(tasks: "set[asyncio.Task[None]]") -> None:
    for task in tuple(tasks):
        task.cancel()
    if tasks:
        await asyncio.wait(tuple(tasks))


def _why(error: OSError, host: str, port: int) -> CannotListen:
    """One sentence, and the way out of it."""
    free = "or choose another listen.port; 0 picks a free one"
    match error.errno:
        case errno.EADDRINUSE:
            return CannotListen(f"{host}:{port} is in use already", hint=f"Stop what listens there, {free}.")
        case errno.EACCES:
            return CannotListen(f"port {port} needs rights that we do not have", hint=f"Use one above 1023, {free}.")
        case errno.EADDRNOTAVAIL:
            return CannotListen(f"{host} is not an address of this machine", hint="Set listen.host to one that is.")
        case _:
            return CannotListen(f"cannot listen on {host}:{port}: {error.strerror or type(error).__name__}")
