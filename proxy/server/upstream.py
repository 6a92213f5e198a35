"""Reaching the server: over TCP, or over a Unix socket where there is one."""

import asyncio
import errno
import socket
from collections.abc import Sequence
from typing import Final, TypeAlias

from proxy.errors import UpstreamUnavailable
from proxy.server.settings import UpstreamSettings
from proxy.server.sockets import tune

_Address: TypeAlias = tuple[socket.AddressFamily, str | tuple[str, int] | tuple[str, int, int, int]]

_REASONS: Final = {
    errno.ECONNREFUSED: "nothing listens there",
    errno.ENOENT: "there is no such socket",
    errno.EACCES: "its socket may not be opened",
    errno.EHOSTUNREACH: "there is no way to that host",
    errno.ENETUNREACH: "there is no way to that network",
    errno.EMFILE: "too many open files",
    errno.EAGAIN: "its queue of connections is full",
}
_HINT: Final = "Is the server running, and is `upstream` in the configuration right?"


async def connect(settings: UpstreamSettings) -> socket.socket:
    """A connected non-blocking socket. Raises UpstreamUnavailable; nothing stays open then."""
    try:
        async with asyncio.timeout(settings.connect_seconds):
            return await _first_that_answers(settings, await _addresses(settings))
    except TimeoutError:
        seconds = f"{settings.connect_seconds:g}"
        raise _unavailable(settings, f"no answer within {seconds} s") from None


async def _addresses(settings: UpstreamSettings) -> Sequence[_Address]:
    if settings.socket is not None:
        return [(socket.AF_UNIX, settings.place)]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError:  # socket.gaierror
        raise _unavailable(settings, "its name is not known") from None
    return [(socket.AddressFamily(family), address) for family, _, _, _, address in found]  # type: ignore[misc]  # TCP's


async def _first_that_answers(settings: UpstreamSettings, addresses: Sequence[_Address]) -> socket.socket:
    failure = "its name has no address"
    for family, address in addresses:
        try:
            return await _connect(family, address)
        except OSError as error:
            failure = _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
    raise _unavailable(settings, failure)


async def _connect(family: socket.AddressFamily, address: object) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        tune(sock)
        await asyncio.get_running_loop().sock_connect(sock, address)  # type: ignore[arg-type]  # its family's
    except BaseException:
        sock.close()
        raise
    return sock


def _unavailable(settings: UpstreamSettings, why: str) -> UpstreamUnavailable:
    return UpstreamUnavailable(f"could not connect to the PostgreSQL server at {settings.place}: {why}", hint=_HINT)
