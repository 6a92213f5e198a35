"""Cancel requests: which session a key belongs to, and the way to its backend."""

import asyncio
import hmac
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from proxy.errors import UpstreamUnavailable
from proxy.observe.logs import EventLog
from proxy.relay.login_words import LoggedIn
from proxy.server.sockets import receive, send
from proxy.wire.messages.cancel import CancelRequest

OnCancel: TypeAlias = Callable[[], bool]
"""Told that the session's client wants to cancel; whether to pass it on (False: nothing of the client's runs now)."""
OnDone: TypeAlias = Callable[[], None]
"""Told that a cancel which was passed on has been done."""

_log = EventLog("pgwarden.server")


def always() -> bool:
    """Pass every cancel on."""
    return True


def nothing() -> None:
    """Nobody waits for it."""


@dataclass(slots=True, kw_only=True)
class CancelEntry:
    """One session that can be cancelled."""

    session: LoggedIn
    on_cancel: OnCancel = always
    on_done: OnDone = nothing


class CancelRegistry:
    """Sessions by backend PID and by the key that we gave to their clients. PIDs may repeat; keys tell."""

    def __init__(self) -> None:
        self._entries = dict[int, list[CancelEntry]]()

    def __len__(self) -> int:
        return sum(map(len, self._entries.values()))

    def add(self, session: LoggedIn) -> None:
        """From now on the session can be cancelled, if the server gave it a key."""
        if session.client_key:
            self._entries.setdefault(session.backend_pid, []).append(CancelEntry(session=session))

    def watch(self, session: LoggedIn, on_cancel: OnCancel, on_done: OnDone = nothing) -> None:
        """Asks on_cancel before a cancel of this session is passed on, and tells on_done when that has been done."""
        for entry in self._entries.get(session.backend_pid, ()):
            if entry.session is session:
                entry.on_cancel, entry.on_done = on_cancel, on_done

    def remove(self, session: LoggedIn) -> None:
        """The session is over; harmless where it was never added."""
        left = [entry for entry in self._entries.get(session.backend_pid, ()) if entry.session is not session]
        if left:
            self._entries[session.backend_pid] = left
        else:
            self._entries.pop(session.backend_pid, None)

    def find(self, pid: int, key: bytes) -> CancelEntry | None:
        """The session that pid and key belong to. Comparing takes the same time however much of a guess is right."""
        for entry in self._entries.get(pid, ()):
            if hmac.compare_digest(entry.session.client_key, key):
                return entry
        return None


async def forward(session: LoggedIn, connect: Callable[[], Awaitable[socket.socket]], *, timeout_s: float) -> None:
    """Cancels at the server what the session runs, and returns when the server has closed: then it has been done
    (manual, "Canceling Requests in Progress"). A failure is logged; nobody could be told."""
    try:
        async with asyncio.timeout(timeout_s):
            await _deliver(session, await connect())
    except (OSError, UpstreamUnavailable) as error:  # TimeoutError is an OSError
        _log.error("cancel_failed", error=error, pid=session.backend_pid)


async def _deliver(session: LoggedIn, sock: socket.socket) -> None:
    with sock:
        await send(sock, CancelRequest(session.backend_pid, session.backend_key).encode())
        while await receive(sock):
            pass
