"""The way in for the account that reads the catalog, with a clear sentence where there is none."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from proxy.catalog.loader import Connection
from proxy.config.settings import Config
from proxy.errors import CatalogUnreadable, UpstreamUnavailable, WardenError

EVERY: Final = "*"
FIRST_DATABASES: Final = ("postgres", "template1")
"""Where the account is tried while no client has named a database."""
HINTS: Final[Mapping[type[Exception], str]] = {
    asyncpg.InvalidPasswordError: "Set catalog.password, for example to ${env:PGWARDEN_CATALOG_PASSWORD}.",
    asyncpg.InvalidAuthorizationSpecificationError: "Create the role: create role pgwarden login password '…'. "
    "Or let it in by pg_hba.conf.",
    asyncpg.InvalidCatalogNameError: "Mend catalog.database, or leave it at *.",
    asyncpg.InsufficientPrivilegeError: "Grant it: grant connect on database … to the account.",
}
"""What the server may say for good, and the way out. Anything else may pass by itself."""
NO_SERVER: Final = "Is the server running, and is `upstream` in the configuration right?"


async def log_in(config: Config, database: str, *, purpose: str = "catalog") -> Connection:
    """A connection of the catalog account. purpose: for pg_stat_activity. Raises CatalogUnreadable: the server does not
    let the account in; UpstreamUnavailable: it does not answer, or not now."""
    upstream, account = config.upstream, config.catalog
    try:
        connection: Connection = await asyncpg.connect(
            host=upstream.socket or upstream.host,
            port=upstream.port,
            user=account.user,
            password=account.password.reveal() if account.password is not None else None,
            database=database,
            ssl=False,
            timeout=upstream.connect_seconds,
            server_settings={"application_name": f"pgwarden {purpose}"},
        )
    except asyncpg.PostgresError as error:
        raise _turned_away(config, database, error) from None
    except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
        message = f"could not connect to the PostgreSQL server at {upstream.place}: {words_of(error)}"
        raise UpstreamUnavailable(message, hint=NO_SERVER) from None
    return connection


async def try_log_in(config: Config) -> None:
    """Whether the account gets in anywhere. Raises as log_in."""
    names = FIRST_DATABASES if config.catalog.database == EVERY else (config.catalog.database,)
    failure: WardenError | None = None
    for name in names:
        try:
            connection = await log_in(config, name)
        except CatalogUnreadable as error:
            failure = failure or error  # the second says the same, or less
            continue
        await connection.close()
        return
    if failure is not None:
        raise failure


def words_of(error: Exception) -> str:
    """What a driver's error says, on one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _turned_away(config: Config, database: str, error: asyncpg.PostgresError) -> WardenError:
    message = f"the catalog account {config.catalog.user} cannot log in to {database}: {words_of(error)}"
    hint = next((words for kind, words in HINTS.items() if isinstance(error, kind)), None)
    return UpstreamUnavailable(message) if hint is None else CatalogUnreadable(message, hint=hint)
