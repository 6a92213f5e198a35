"""What `check` asks a running server: the way in for the catalog account, the probe, and what the catalogs hold."""

import asyncio
import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg
import msgspec

from proxy.app.catalog_login import EVERY, FIRST_DATABASES, HINTS
from proxy.app.catalog_watch import DATABASES
from proxy.catalog.loader import load
from proxy.catalog.snapshot import Snapshot
from proxy.catalog.watching import INSTALLED
from proxy.config.problems import Place, Problem, Severity, shown
from proxy.config.settings import Config
from proxy.errors import WardenError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
MaybeConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | None"
OLDEST: Final = 13
CONNECT_SECONDS: Final = 10.0
MAY_SET: Final = "select pg_catalog.has_parameter_privilege('log_min_messages', 'SET')"
FAILURES: Final[Mapping[type[Exception], str]] = {
    **HINTS,
    asyncpg.TooManyConnectionsError: "The server has no connection left.",
}


class Seen(msgspec.Struct, frozen=True):
    """What the server showed."""

    snapshots: tuple[Snapshot, ...] = ()
    problems: tuple[Problem, ...] = ()


def look(path: Path, config: Config) -> Seen:
    """Ask the server of a configuration."""
    return asyncio.run(_Look(path, config).everything())


class _Look:
    """One visit."""

    def __init__(self, path: Path, config: Config) -> None:
        self._config, self._place = config, Place(shown(path))
        self._problems: list[Problem] = []

    async def everything(self) -> Seen:
        snapshots = []
        for at, database in enumerate(await self._databases()):
            if (connection := await self._connect(database)) is None:
                continue
            try:
                if at == 0:
                    await self._check_server(connection)
                snapshots.append(await load(connection))
                await self._check_trigger(connection, database)
            except (asyncpg.PostgresError, WardenError) as error:
                self._say(
                    f"the catalog of {database} cannot be read: {_words(error)}", getattr(error, "hint", "") or ""
                )
            finally:
                await connection.close()
        return Seen(tuple(snapshots), tuple(self._problems))

    async def _databases(self) -> list[str]:
        """The databases to look at; none where there is no way in, which is then among the problems."""
        if self._config.catalog.database != EVERY:
            return [self._config.catalog.database]
        for database in FIRST_DATABASES:
            found = len(self._problems)
            connection = await self._connect(database)
            if connection is not None:
                del self._problems[:found]
                try:
                    return [str(row[0]) for row in await connection.fetch(DATABASES)]
                finally:
                    await connection.close()
        del self._problems[1:]  # the second says the same
        return []

    async def _connect(self, database: str) -> MaybeConnection:
        upstream, account = self._config.upstream, self._config.catalog
        try:
            return await asyncpg.connect(
                host=upstream.socket or upstream.host,
                port=upstream.port,
                user=account.user,
                password=account.password.reveal() if account.password else None,
                database=database,
                timeout=CONNECT_SECONDS,
                server_settings={"application_name": "pgwarden check"},
            )
        except asyncpg.PostgresError as error:
            hint = next((words for kind, words in FAILURES.items() if isinstance(error, kind)), "")
            self._say(f"the catalog account {account.user} cannot log in to {database}: {_words(error)}", hint)
        except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
            hint = "Start it, or mend upstream."
            self._say(f"the server at {upstream.place} cannot be reached: {_words(error)}", hint)
        return None

    async def _check_server(self, connection: Connection) -> None:
        version = connection.get_server_version()
        if version.major < OLDEST:
            self._say(f"the server is PostgreSQL {version.major}; {OLDEST} is the oldest that is supported")
        if not await answers_the_probe(connection):
            hint = (
                "Name the server itself as upstream, not a pooler. Until then restricted readers get nothing protected."
            )
            self._say("the server does not show how it understands a statement (debug_print_rewritten)", hint)
        if version.major >= 15 and not await connection.fetchval(MAY_SET):
            self._warn(
                "the server also writes each new statement's tree, constants included, to its own log",
                "Spare it: grant set on parameter log_min_messages to the roles that come through pgwarden.",
            )

    async def _check_trigger(self, connection: Connection, database: str) -> None:
        if not await connection.fetchval(INSTALLED):
            what = f"changes of {database} that are made past pgwarden are noticed by the poll alone"
            waits = f"within {self._config.catalog.poll_seconds:g} s"
            hint = f"That is {waits}. `pgwarden catalog watch` shows the event trigger that tells at once."
            self._problems.append(Problem(self._place, what, hint, Severity.NOTE))

    def _say(self, what: str, hint: str = "") -> None:
        self._problems.append(Problem(self._place, what, hint))

    def _warn(self, what: str, hint: str) -> None:
        self._problems.append(Problem(self._place, what, hint, Severity.WARNING))


async def answers_the_probe(connection: Connection) -> bool:
    """Whether the server sends the rewritten tree of a statement to who asks for it."""
    seen: list[str] = []

    def listen(_connection: object, message: asyncpg.PostgresLogMessage) -> None:
        seen.append(str(message.message))

    connection.add_log_listener(listen)
    try:
        async with connection.transaction():
            await connection.execute("set local client_min_messages = log; set local debug_print_rewritten = on")
            await connection.execute("select 1")
        await asyncio.sleep(0)  # the driver hands messages over in the loop's next turn
    finally:
        connection.remove_log_listener(listen)
    return any(message.startswith("rewritten parse tree") for message in seen)


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)  # the loop's own text repeats the address in its way
    return " ".join(str(error).split()) or type(error).__name__
