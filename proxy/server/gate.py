"""The gate: each accepted connection goes through its login, then to its session, and whatever was opened is closed."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from proxy.errors import ShuttingDown, WardenError
from proxy.observe.logs import EventLog
from proxy.relay.login import Login
from proxy.relay.login_words import Cancel, CloseBoth, Finish, LoggedIn, LoginLimits
from proxy.server.admission import Admission
from proxy.server.cancel import CancelRegistry, forward
from proxy.server.conversation import Conversation, Ending
from proxy.server.settings import LimitSettings, UpstreamSettings
from proxy.server.upstream import connect

OnSession: TypeAlias = Callable[[LoggedIn, socket.socket, socket.socket], Awaitable[None]]
"""Takes over: what is known of the session, the client's socket, the server's. Both are non-blocking, watched by
nobody, and its own from now on: it sends `held`, and closes both or detaches their descriptors. It returns when the
session is over; until then the session counts, and can be cancelled."""

_log = EventLog("pgwarden.server")


class Gate:
    """Everybody's way in. on_session: takes over who has logged in; secret: makes keys of a length."""

    def __init__(
        self,
        *,
        upstream: UpstreamSettings,
        limits: LimitSettings,
        on_session: OnSession,
        secret: Callable[[int], bytes],
    ) -> None:
        self.cancels, self.admission = CancelRegistry(), Admission(limits)
        self.refused, self.asked_to_cancel = Counter[str](), Counter[str]()
        """Connections that became no session, by SQLSTATE; cancel requests by outcome: sent, unknown."""
        self._upstream, self._limits = upstream, limits
        self._on_session, self._secret = on_session, secret

    async def serve(self, client: socket.socket) -> None:
        """From the accepted socket to the end of its session. Cancelling it closes both connections."""
        visit = _Visit()
        conversation = Conversation(self._login(), client, lambda: self._reach(visit))
        self.admission.arrive(visit, visit.end)
        try:
            await self._go_on(await self._log_in(conversation, visit), conversation, visit)
        finally:
            self.admission.leave(visit)
            conversation.close()

    def turn_away(self) -> None:
        """The proxy is asked to stop: ends every login under way; who is logged in stays."""
        self.admission.end_logins(_stopping())

    def _login(self) -> Login:
        limits = LoginLimits(startup=self._limits.startup, password=self._limits.password)
        return Login(limits=limits, secret=self._secret)

    async def _reach(self, visit: "_Visit") -> socket.socket:
        self.admission.take_place(visit)
        return await connect(self._upstream)

    async def _log_in(self, conversation: Conversation, visit: "_Visit") -> Ending:
        try:
            async with asyncio.timeout(self._limits.login_seconds):
                return await conversation.run()
        except TimeoutError:
            return conversation.expire()
        except asyncio.CancelledError:
            conversation.interrupt(visit.why)
            raise

    async def _go_on(self, ending: Ending, conversation: Conversation, visit: "_Visit") -> None:
        match ending:
            case Finish(session) if conversation.server is not None:
                self.admission.settle(visit)
                await self._run_session(session, conversation.client, conversation.server)
            case Cancel(pid, key):
                await self._cancel(pid, key)
            case CloseBoth(error) if error is not None:
                self.refused[error.sqlstate] += 1
                _log.info("login_failed", sqlstate=error.sqlstate, message=str(error))
            case _:
                _log.debug("login_left")

    async def _run_session(self, session: LoggedIn, client: socket.socket, server: socket.socket) -> None:
        self.cancels.add(session)
        try:
            await self._on_session(session, client, server)
        finally:
            self.cancels.remove(session)

    async def _cancel(self, pid: int, key: bytes) -> None:
        """Passed on even if the client has closed already; an unknown key is no concern of anybody."""
        entry = self.cancels.find(pid, key)
        if entry is None:
            self.asked_to_cancel["unknown"] += 1
            return
        if not entry.on_cancel():
            return
        self.asked_to_cancel["sent"] += 1
        try:
            await forward(entry.session, lambda: connect(self._upstream), timeout_s=self._limits.cancel_seconds)
        finally:
            entry.on_done()


def _stopping() -> ShuttingDown:
    return ShuttingDown("terminating connection due to administrator command")


class _Visit:
    """One connection's time here, and why it is ended by us, if it is. Made inside the task that serves it."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self.why: WardenError = _stopping()

    def end(self, why: WardenError) -> None:
        """Ends it, so that the client reads why."""
        self.why = why
        if self._task is not None:
            self._task.cancel()
