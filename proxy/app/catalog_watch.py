"""Puts the event trigger that tells of DDL into databases, and takes it out again."""

from collections.abc import Sequence

import asyncpg
import msgspec

from proxy.app.catalog_login import EVERY, FIRST_DATABASES, log_in, words_of
from proxy.catalog.watching import INSTALLED
from proxy.config.secret import Secret
from proxy.config.settings import Config
from proxy.errors import CatalogUnreadable, WardenError

DATABASES = """
    select datname::text from pg_catalog.pg_database
    where datallowconn and not datistemplate and pg_catalog.has_database_privilege(oid, 'CONNECT') order by 1
"""
NOT_ALLOWED = "Event triggers are a superuser's: name one by --user. `pgwarden catalog watch` prints what it would run."


class Watched(msgspec.Struct, frozen=True):
    """A database, and whether its event trigger is there now."""

    database: str
    installed: bool


def acting_as(config: Config, user: str, password: str) -> Config:
    """The configuration with another account than the catalog's."""
    account = msgspec.structs.replace(config.catalog, user=user, password=Secret(password) if password else None)
    return msgspec.structs.replace(config, catalog=account)


async def databases(config: Config) -> Sequence[str]:
    """The databases that are meant. Raises as log_in."""
    if config.catalog.database != EVERY:
        return [config.catalog.database]
    connection = await log_in(config, FIRST_DATABASES[0], purpose="catalog watch")
    try:
        return [str(name) for (name,) in await connection.fetch(DATABASES)]
    finally:
        await connection.close()


async def carry_out(config: Config, script: str) -> Sequence[Watched]:
    """Runs a script in every database, each in one transaction. Raises CatalogUnreadable: the account may not; and as
    log_in."""
    return [await _in(config, name, script) for name in await databases(config)]


async def _in(config: Config, database: str, script: str) -> Watched:
    connection = await log_in(config, database, purpose="catalog watch")
    try:
        async with connection.transaction():
            await connection.execute("set local client_min_messages = warning")
            await connection.execute(script)
        return Watched(database, bool(await connection.fetchval(INSTALLED)))
    except asyncpg.InsufficientPrivilegeError as error:
        message = f"{config.catalog.user} may not do that in {database}: {words_of(error)}"
        raise CatalogUnreadable(message, hint=NOT_ALLOWED) from None
    except asyncpg.PostgresError as error:
        raise WardenError(f"{database}: {words_of(error)}") from None
    finally:
        await connection.close()
