"""Keeps the snapshots: each database's on its first use, then by poll and on demand."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import asyncpg
import msgspec

from proxy.catalog.loader import Connection, fingerprint, load
from proxy.catalog.parsing import MARK, tree_of
from proxy.catalog.snapshot import Snapshot
from proxy.catalog.watching import CHANNEL
from proxy.errors import UpstreamUnavailable, WardenError

Connect: TypeAlias = Callable[[str], Awaitable[Connection]]
"""Opens a connection to the database of that name, as the account that reads the catalog."""
Observer: TypeAlias = Callable[[Snapshot], None]
"""Called in the loop with each snapshot that differs from the one before, the first included. Must not raise."""
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


@dataclass(slots=True)
class _Kept:
    """What is known of one database. loads, checks: how many were begun; error: what the last attempt ended with."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    snapshot: Snapshot | None = None
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    loads: int = 0
    checks: int = 0
    compared_s: float = 0.0
    error: WardenError | None = None
    connection: "Connection | None" = None
    poll: asyncio.Task[None] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class CatalogFacts(msgspec.Struct, frozen=True):
    """What there is to count. ages_s: since each snapshot was last compared with the server."""

    versions: Mapping[str, int]
    ages_s: Mapping[str, float]
    loads: int
    failures: int


class CatalogService:
    """Snapshots by database. timeout_s: for one load or poll. An error of a poll is kept (error) and the last snapshot
    stays; one of a first load or of a refresh is raised as well."""

    def __init__(self, connect: Connect, *, poll_s: float = 5.0, timeout_s: float = 30.0) -> None:
        self._connect, self._poll_s, self._timeout_s = connect, poll_s, timeout_s
        self._kept: dict[str, _Kept] = {}
        self._observers: list[Observer] = []
        self._closing = asyncio.Event()
        self._failures = 0

    def observe(self, observer: Observer) -> None:
        """From now on call observer with every changed snapshot."""
        self._observers.append(observer)

    def current(self, database: str) -> Snapshot | None:
        """The last snapshot, without asking anybody."""
        kept = self._kept.get(database)
        return kept.snapshot if kept else None

    def error(self, database: str) -> WardenError | None:
        """What the last attempt at a database ended with; None when it went well."""
        kept = self._kept.get(database)
        return kept.error if kept else None

    def facts(self, now_s: float) -> "CatalogFacts":
        """For the metrics. now_s: of the loop's clock."""
        known = {name: kept for name, kept in self._kept.items() if kept.snapshot is not None}
        return CatalogFacts(
            versions={name: kept.snapshot.version for name, kept in known.items() if kept.snapshot is not None},
            ages_s={name: now_s - kept.compared_s for name, kept in known.items()},
            loads=sum(kept.loads for kept in self._kept.values()) - self._failures,
            failures=self._failures,
        )

    async def snapshot(self, database: str) -> Snapshot:
        """The last snapshot; the first use loads it. Raises UpstreamUnavailable or CatalogUnreadable."""
        return self.current(database) or await self._refreshed(database, 0)

    async def refresh(self, database: str) -> Snapshot:
        """A snapshot that was begun after this call: whatever was committed before is in it. Callers that wait
        together share one load. Raises UpstreamUnavailable or CatalogUnreadable."""
        kept = self._kept.get(database)
        return await self._refreshed(database, kept.loads if kept else 0)

    async def checked(self, database: str) -> Snapshot:
        """The last snapshot, compared with the server after this call, and loaded anew where they differ but for
        temporary relations. Callers that wait together share one comparison. Raises UpstreamUnavailable or
        CatalogUnreadable."""
        kept = self._kept.setdefault(database, _Kept())
        before = kept.checks
        if kept.snapshot is not None:
            async with kept.lock:
                if kept.checks == before:
                    kept.checks += 1
                    await self._compare(database, kept)
        if kept.error is not None:
            raise kept.error
        return await self.snapshot(database)

    async def tree(self, database: str, statement: str) -> str | None:
        """The tree that the server makes of a statement, which is not run, under search_path = pg_catalog; None where
        it does not accept it. Raises UpstreamUnavailable."""
        kept = self._kept.setdefault(database, _Kept())
        async with kept.lock:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await tree_of(await self._connection(database, kept), statement, MARK)
            except FAILURES as failure:
                raise await self._failed(database, kept, failure) from failure

    async def _refreshed(self, database: str, before: int) -> Snapshot:
        """A snapshot that is not among the first `before` loads."""
        if self._closing.is_set():
            raise UpstreamUnavailable("the catalog service is closed")
        kept = self._kept.setdefault(database, _Kept())
        async with kept.lock:
            if kept.loads > before and kept.error is None and kept.snapshot is not None:
                return kept.snapshot
            snapshot = await self._load(database, kept)
        if kept.poll is None and not self._closing.is_set():
            kept.poll = asyncio.create_task(self._watch(database, kept), name=f"catalog of {database}")
        return snapshot

    async def close(self) -> None:
        """End the polls and the connections."""
        self._closing.set()
        for kept in self._kept.values():
            kept.wake.set()
        await asyncio.gather(*(kept.poll for kept in self._kept.values() if kept.poll))
        for kept in self._kept.values():
            await self._drop(kept)

    async def _watch(self, database: str, kept: _Kept) -> None:
        """Every poll_s, and when the event trigger tells of a change: load what has changed; until it closes."""
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(kept.wake.wait(), self._poll_s)
            kept.wake.clear()  # what is told from here on is looked for again
            if not self._closing.is_set():
                await self._poll(database, kept)

    async def _poll(self, database: str, kept: _Kept) -> None:
        async with kept.lock:
            await self._compare(database, kept)

    async def _compare(self, database: str, kept: _Kept) -> None:
        """Load what has changed; an error is kept. The caller holds the lock."""
        try:
            async with asyncio.timeout(self._timeout_s):
                seen = await fingerprint(await self._connection(database, kept))
                changed = seen != kept.fingerprint
            if changed:
                await self._load(database, kept)
            else:
                kept.error = None
                kept.compared_s = asyncio.get_running_loop().time()
        except FAILURES as failure:
            await self._failed(database, kept, failure)
        except WardenError as failure:
            kept.error = failure

    async def _load(self, database: str, kept: _Kept) -> Snapshot:
        """Load, keep, tell. The caller holds the lock."""
        kept.loads += 1
        try:
            async with asyncio.timeout(self._timeout_s):
                connection = await self._connection(database, kept)
                seen = await fingerprint(connection)  # before the load: what comes between is loaded again
                changed = {catalog for catalog, text in seen.items() if text != kept.fingerprint.get(catalog)}
                found = await load(connection, kept.snapshot, changed)
        except FAILURES as failure:
            raise await self._failed(database, kept, failure) from failure
        except WardenError as failure:
            kept.error = failure
            raise
        kept.error, kept.fingerprint = None, seen
        kept.compared_s = asyncio.get_running_loop().time()
        return self._keep(kept, found)

    def _keep(self, kept: _Kept, found: Snapshot) -> Snapshot:
        old = kept.snapshot
        changed = old is None or old.digest != found.digest
        version = old.version if old else 0
        version = version + 1 if changed else version
        kept.snapshot = snapshot = msgspec.structs.replace(found, version=version, serial=kept.loads)
        if changed:
            for observer in self._observers:
                observer(snapshot)
        return snapshot

    async def _connection(self, database: str, kept: _Kept) -> Connection:
        if kept.connection is None or kept.connection.is_closed():
            kept.connection = await self._connect(database)
            await kept.connection.add_listener(CHANNEL, lambda *_: kept.wake.set())
        return kept.connection

    async def _failed(self, database: str, kept: _Kept, failure: BaseException) -> UpstreamUnavailable:
        """Keep the failure in words that hold no value, and begin anew with a new connection."""
        self._failures += 1
        kept.error = UpstreamUnavailable(f"the catalog of {database} cannot be read: {type(failure).__name__}")
        await self._drop(kept)
        return kept.error

    async def _drop(self, kept: _Kept) -> None:
        connection, kept.connection = kept.connection, None
        if connection is not None:
            connection.terminate()
