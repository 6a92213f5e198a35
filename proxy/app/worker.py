"""One worker: from the listening socket to the journal, started, reloaded, drained and stopped in the right order."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from proxy.admin.pages import Check, Pages
from proxy.admin.server import AdminServer
from proxy.app.catalog_login import EVERY, log_in, try_log_in
from proxy.app.files import read_files
from proxy.app.numbers import Counted, numbers_of
from proxy.app.recorder import JournalRecorder
from proxy.app.state_file import StateFile
from proxy.app.upstream_watch import UpstreamWatch
from proxy.audit.journal import Journal
from proxy.audit.settings import Mode
from proxy.catalog.loader import Connection
from proxy.catalog.service import CatalogService
from proxy.catalog.snapshot import Snapshot
from proxy.config.against import unclassified_but_sensitive
from proxy.config.settings import Config
from proxy.decide.readers import Readers
from proxy.decide.service import Decider
from proxy.errors import WardenError
from proxy.lane.lane import Lane
from proxy.lane.table import Table
from proxy.lane.together import Shared as LaneShared
from proxy.masking.keys import Keys
from proxy.observe.logs import EventLog
from proxy.observe.metrics import Value, registry
from proxy.policy.inference import Budgets
from proxy.policy.rules import Rules
from proxy.relay import ledger, phases
from proxy.relay.login_words import LoggedIn
from proxy.server.cancel import forward
from proxy.server.gate import Gate
from proxy.server.listener import Listener
from proxy.server.sessions import Sessions
from proxy.server.shared import Shared
from proxy.server.upstream import connect

DECISIONS_KEPT: Final = 65_536
LAST_WORDS_S: Final = 2.0
"""How long sessions that we end may take to read why."""
MOST_COLUMNS_SHOWN: Final = 20
GIL_S: Final = 0.0005
"""How long a thread that decides may hold the GIL when the loop wants it."""
TREE_BYTES: Final = 8 * 1024 * 1024
"""Longest answer to a probe that is kept; a longer tree is opaque."""
AUDIT_MODES: Final[Mapping[Mode, int]] = {Mode.OFF: 0, Mode.ASYNC: 1, Mode.DURABLE: 2}

_log = EventLog("pgwarden")


def _lane_shared(config: Config, table: Table, journal: Journal) -> LaneShared:
    return LaneShared(
        moves=phases.packed(),
        answers=ledger.packed(),
        table=table,
        spool=journal.spool,
        audit=AUDIT_MODES[config.audit.mode],
        buffer_limit=config.limits.session_buffer,
        message_limit=config.limits.message,
        tap_limit=TREE_BYTES,
    )


class Worker:
    """One worker: everything from the listening socket to the journal. path: the configuration file, read again on
    reload."""

    def __init__(self, config: Config, rules: Rules, path: Path) -> None:
        self.config, self.path = config, path
        self._stopping, self._hurry = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.catalogs = CatalogService(self._connect_catalog, poll_s=config.catalog.poll_seconds)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pgwarden-decide")
        self.state = StateFile(config.state_directory)
        self.readers = Readers(self._executor)
        self.decider = self._decider(rules)
        instance = secrets.token_hex(4)
        self.journal = Journal(config.audit, instance=instance, mask_keys=config.keys.versions.values())
        self.table = Table(limit=DECISIONS_KEPT)
        self.lane_shared = _lane_shared(config, self.table, self.journal)
        self.lane = Lane(self.lane_shared, wake_fd=self.journal.spool.wake_fd)
        self.recorder = JournalRecorder(self.journal, instance=instance)
        self.shared = Shared(decider=self.decider, table=self.table, recorder=self.recorder)
        self.gate = Gate(
            upstream=config.upstream,
            limits=config.limits,
            on_session=self._on_session,
            secret=secrets.token_bytes,
        )
        self.sessions = Sessions(
            lane=self.lane,
            lane_shared=self.lane_shared,
            shared=self.shared,
            watch=self.gate.cancels.watch,
            cancel=self._cancel,
            broken=lambda: bool(self.journal.failure),
        )
        self.listener = Listener(config.listen, self.gate.serve)
        self.watch = UpstreamWatch(
            config.upstream, every_s=config.catalog.poll_seconds, try_account=lambda: try_log_in(config)
        )
        self.admin: AdminServer | None = None
        self.admin_address: tuple[str, int] | None = None
        self.reloads = {"ok": 0, "failed": 0}
        self.decider.observe(self._moved)
        self.decider.standings.raised.append(_tell_raised)
        self.catalogs.observe(self._catalog_changed)

    def _decider(self, rules: Rules) -> Decider:
        keys, remembered, ask = _keys(self.config), self.state.load(), self.catalogs.tree
        return Decider(
            rules,
            keys,
            self.catalogs,
            self._executor,
            memories=remembered,
            keeper=self.state,
            budgets=Budgets(secrets.token_bytes(32)),
            ask=ask,
            texts=self.readers,
        )

    async def start(self) -> tuple[str, int]:
        """Starts everything; where it listens. A server that is down may come back, but an account that it does not let
        in is somebody's mistake. Raises WardenError."""
        sys.setswitchinterval(GIL_S)
        self.journal.start()
        await self.readers.start()
        await self.watch.look()
        if self.watch.locked_out is not None:
            raise self.watch.locked_out
        self.sessions.start()
        addresses = await self.listener.start()
        self.watch.start()
        if self.config.admin is not None:
            await self._start_admin()
        await self._first_snapshot()
        host, port = addresses[0]
        self._tell(host, port)
        return host, port

    def hear_signals(self) -> None:
        """SIGTERM or SIGINT: the first drains, the second ends at once. SIGHUP reloads."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)

    async def run(self) -> None:
        """Until it is asked to stop."""
        await self._stopping.wait()
        await self._drain()
        await self.stop()

    def ask_to_stop(self) -> None:
        """The first time drains, the second ends at once."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    async def _drain(self) -> None:
        await self.listener.stop()
        _log.info("draining", sessions=len(self.sessions), seconds=self.config.limits.drain_seconds)
        self.gate.turn_away()
        self.sessions.drain()
        if await self._idle_within(self.config.limits.drain_seconds):
            return
        if self._hurry.is_set():
            _log.warning("ended_at_once", sessions=len(self.sessions))
        else:
            _log.warning("drain_timed_out", sessions=len(self.sessions))

    async def _idle_within(self, seconds: float) -> bool:
        """Whether every connection has ended by itself, before the time is over or somebody is in a hurry."""
        idle, hurry = asyncio.create_task(self.listener.idle()), asyncio.create_task(self._hurry.wait())
        done, waiting = await asyncio.wait({idle, hurry}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return idle in done

    async def stop(self) -> None:
        """Ends what is left, in the order that loses nothing: sessions with their last word, then the journal."""
        await self.watch.close()
        await self.listener.stop()
        self.gate.turn_away()
        self.sessions.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self.listener.idle()
        self.sessions.stop()
        await self.listener.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.admin is not None:
            await self.admin.close()
        await self.catalogs.close()
        await self.readers.close()
        self.journal.close()
        self._executor.shutdown()
        _log.info("stopped")

    def reload(self) -> None:
        """Reads the rules again. Rules that do not load leave the old ones in force."""
        try:
            config, rules = read_files(self.path)
            keys = _keys(config)
        except WardenError as error:
            self.reloads["failed"] += 1
            in_force = self.decider.rules.version
            _log.error("reload_failed", error=error, hint=error.hint or "", still_in_force=in_force)
            return
        self.reloads["ok"] += 1
        self.table.forget()
        self.decider.replace_rules(rules, keys)
        _log.info("reloaded", rules=rules.version, files=rules.files)
        self._tell_unprotected(rules)

    # -- wiring --

    async def _on_session(self, logged_in: LoggedIn, client: socket.socket, server: socket.socket) -> None:
        await self.sessions.run(logged_in, client, server)

    def _cancel(self, logged_in: LoggedIn) -> None:
        """Ends at the server what a client that is gone has left running."""
        sent = forward(logged_in, lambda: connect(self.config.upstream), timeout_s=self.config.limits.cancel_seconds)
        self._own(sent)

    def _own(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _moved(self, database: str | None) -> None:
        self.sessions.moved(database)

    def _catalog_changed(self, snapshot: Snapshot) -> None:
        _log.info("catalog", database=snapshot.database, version=snapshot.version, relations=len(snapshot.relations))
        found = unclassified_but_sensitive(self.decider.rules, snapshot) if snapshot.version == 1 else ()
        if found:
            shown = tuple(name for name, _ in found[:MOST_COLUMNS_SHOWN])
            _log.warning("not_protected", reason="unclassified columns look sensitive", columns=shown, all=len(found))
        self.decider.moved(snapshot.database)

    async def _connect_catalog(self, database: str) -> Connection:
        return await log_in(self.config, database)

    async def _first_snapshot(self) -> None:
        """The first look at the one database, if there is one: what is wrong is said now, and serving goes on."""
        if self.config.catalog.database == EVERY or self.watch.unreachable is not None:
            return
        try:
            await self.catalogs.snapshot(self.config.catalog.database)
        except WardenError as error:
            _log.error("catalog_unavailable", error=error, database=self.config.catalog.database)

    async def _start_admin(self) -> None:
        if self.config.admin is None:
            return
        pages = Pages(
            metrics=registry([self._numbers, self.journal.metrics]),
            checks=self._checks(),
            token=self.config.admin.token,
        )
        self.admin = AdminServer(self.config.admin, pages)
        self.admin_address = await self.admin.start()

    def _numbers(self) -> Mapping[str, Value]:
        return numbers_of(
            Counted(
                lane_shared=self.lane_shared,
                table=self.table,
                sessions=self.sessions,
                gate=self.gate,
                catalogs=self.catalogs,
                shared=self.shared,
                decider=self.decider,
                reloads=self.reloads,
            )
        )

    def _checks(self) -> Mapping[str, Check]:
        return {
            "journal": self._journal_broken,
            "listener": self._not_listening,
            "upstream": lambda: _words(self.watch.unreachable),
            "catalog": lambda: _words(self.watch.locked_out),
            "state": lambda: self.state.failure or None,
        }

    def _journal_broken(self) -> str | None:
        return self.journal.failure or None

    def _not_listening(self) -> str | None:
        return "draining" if self._stopping.is_set() else None

    # -- what is said at start --

    def _tell(self, host: str, port: int) -> None:
        rules = self.decider.rules
        _log.info("rules", version=rules.version, files=rules.files, subjects=len(rules.subjects))
        _log.info("keys", current=self.config.keys.current, versions=list(self.config.keys.versions))
        _log.info("audit", journal=self.journal.describe())
        self._tell_unprotected(rules)
        _log.info("listening", host=host, port=port, upstream=self.config.upstream.place, pid=os.getpid())

    def _tell_unprotected(self, rules: Rules) -> None:
        _log.warning("not_protected", reason="connections are not encrypted: this version has no TLS")
        if self.config.audit.mode is Mode.OFF:
            _log.warning("not_protected", reason="audit is off: no statement is recorded")
        if not any(rules.classify):
            _log.warning("not_protected", reason="no column is classified: nothing is masked")


def _tell_raised(database: str, columns: tuple[str, ...]) -> None:
    hint = "Name them in the rules: `pgwarden check` shows the lines."
    _log.warning("classification_raised", database=database, columns=columns[:MOST_COLUMNS_SHOWN], hint=hint)


def _words(error: WardenError | None) -> str | None:
    return None if error is None else str(error)


def _keys(config: Config) -> Keys:
    return Keys(config.keys.versions, config.keys.current)


async def serve(path: Path, ready: Callable[[str, int], Awaitable[None]] | None = None) -> None:
    """Runs one worker until it is told to stop. Raises WardenError where it cannot begin."""
    worker = Worker(*read_files(path), path)
    worker.hear_signals()
    try:
        host, port = await worker.start()
    except BaseException:
        await worker.stop()
        raise
    if ready is not None:
        await ready(host, port)
    await worker.run()
