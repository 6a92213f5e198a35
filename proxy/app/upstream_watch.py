"""Watches whether the server can be reached, for /readyz and the log: nothing else waits for it."""

import asyncio
from collections.abc import Awaitable, Callable

from proxy.errors import UpstreamUnavailable, WardenError
from proxy.observe.logs import EventLog
from proxy.server.settings import UpstreamSettings
from proxy.server.upstream import connect

_log = EventLog("pgwarden")


class UpstreamWatch:
    """Looks every every_s seconds. try_account: whether the catalog account gets in; asked until it does."""

    def __init__(
        self, settings: UpstreamSettings, *, every_s: float, try_account: Callable[[], Awaitable[None]]
    ) -> None:
        self._settings, self._every_s, self._try_account = settings, every_s, try_account
        self._task: asyncio.Task[None] | None = None
        self._account_fits = False
        self.unreachable: WardenError | None = None
        self.locked_out: WardenError | None = None
        """Why the catalog account does not get in."""

    async def look(self) -> None:
        """Looks now."""
        before = self.unreachable
        self.unreachable = await self._reach()
        if self.unreachable is None and not self._account_fits:
            await self._look_at_account()
        if self.unreachable is not None and before is None:
            _log.error("server_unreachable", error=self.unreachable)
        if self.unreachable is None and before is not None:
            _log.info("server_reachable", server=self._settings.place)

    def start(self) -> None:
        """From now on looks again and again."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """No more looks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.look()

    async def _reach(self) -> WardenError | None:
        try:
            (await connect(self._settings)).close()  # a server does not even log who says nothing
        except UpstreamUnavailable as error:
            return error
        return None

    async def _look_at_account(self) -> None:
        before = self.locked_out
        try:
            await self._try_account()
        except UpstreamUnavailable as error:  # it is starting, or full
            self.unreachable = error
        except WardenError as error:
            self.locked_out = error
            if before is None:
                _log.error("catalog_unavailable", error=error, hint=error.hint or "")
        else:
            self.locked_out, self._account_fits = None, True
