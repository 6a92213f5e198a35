"""Sessions from login to end: adopted by the lane, driven by their drivers, drained when the proxy stops."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from proxy.errors import WardenError
from proxy.lane.lane import Lane
from proxy.lane.session import Session
from proxy.lane.together import Shared as LaneShared
from proxy.observe.logs import EventLog
from proxy.relay.login_words import LoggedIn
from proxy.server.driver import ENDED_BY_US, JOURNAL_BROKEN, Driver
from proxy.server.shared import Shared
from proxy.server.verdicts import error_frame

TICK_S: Final = 0.1
_log = EventLog("pgwarden.session")


class Sessions:
    """All established sessions of a worker. watch: tells the cancel registry whom to ask whether a session's cancel
    should be passed on, and whom to tell when that is done; cancel: cancels at the server what a session runs; broken:
    whether the journal takes nothing any more, so that nothing may be answered."""

    def __init__(
        self,
        *,
        lane: Lane,
        lane_shared: LaneShared,
        shared: Shared,
        watch: Callable[[LoggedIn, Callable[[], bool], Callable[[], None]], None],
        cancel: Callable[[LoggedIn], None],
        broken: Callable[[], bool],
    ) -> None:
        self._lane, self._lane_shared, self._shared = lane, lane_shared, shared
        self._watch, self._cancel, self._broken = watch, cancel, broken
        self._drivers: set[Driver] = set()
        self._ticker: asyncio.TimerHandle | None = None
        self.draining = False
        self.begun = 0

    def __len__(self) -> int:
        return len(self._drivers)

    def start(self) -> None:
        """Watches the lane's descriptor."""
        asyncio.get_running_loop().add_reader(self._lane.fileno(), self._lane.run)
        self._tick()

    def _tick(self) -> None:
        self._lane.tick()
        self._ticker = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        if self._broken():
            self._end_all(JOURNAL_BROKEN)
        if self.draining:
            self._end_idle()

    async def run(self, logged_in: LoggedIn, client: socket.socket, server: socket.socket) -> None:
        """Carries one session to its end; both sockets belong to the lane from here on."""
        driver = Driver(logged_in, self._shared, client_addr=_address(client), cancel=lambda: self._cancel(logged_in))
        session = Session(self._lane_shared, driver)
        self._watch(logged_in, driver.cancel_begins, driver.cancel_ends)
        self._lane.adopt(session, client.detach(), server.detach())
        self._drivers.add(driver)
        self.begun += 1
        try:
            await self._begin(driver, session)
            await driver.ended.wait()
        except asyncio.CancelledError:
            session.end(ENDED_BY_US)
            await asyncio.shield(driver.ended.wait())
            raise
        finally:
            self._drivers.discard(driver)

    async def _begin(self, driver: Driver, session: Session) -> None:
        logged_in = driver.logged_in
        if logged_in.client_rest:
            session.receive_client(logged_in.client_rest)
        if logged_in.server_rest:
            session.receive_server(logged_in.server_rest)
        try:
            await driver.begin(session)
        except WardenError as error:
            _log.warning("session_refused", sqlstate=error.sqlstate, message=str(error))
            session.say(error_frame("FATAL", error.sqlstate, str(error), error.hint or ""))
            session.finish()

    def moved(self, database: str | None) -> None:
        """The catalog of a database, or with None the rules, are others: every session learns its place anew."""
        for driver in self._drivers:
            if driver.session is not None and database in (None, driver.logged_in.database):
                driver.session.ask_state_again()

    def drain(self) -> None:
        """Sessions end as soon as they are between transactions."""
        self.draining = True
        self._end_idle()

    def _end_idle(self) -> None:
        for driver in tuple(self._drivers):
            session = driver.session
            if session is not None and session.status == "I" and not session.owed and not session.held:
                session.end(ENDED_BY_US)

    def abort(self) -> None:
        """Ends every session now."""
        self._end_all(ENDED_BY_US)

    def _end_all(self, reason: str) -> None:
        for driver in tuple(self._drivers):
            if driver.session is not None and not driver.session.failed:
                driver.session.end(reason)

    def stop(self) -> None:
        """Forgets the lane."""
        if self._ticker is not None:
            self._ticker.cancel()
        asyncio.get_running_loop().remove_reader(self._lane.fileno())
        self._lane.close()


def _address(client: socket.socket) -> str:
    try:
        name = client.getpeername()
    except OSError:
        return ""
    return str(name[0]) if isinstance(name, tuple) else ""
