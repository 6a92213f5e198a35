"""The server's own reading of a text, over the connection of the catalog account: parsed, and never run."""

import asyncio
from typing import Final

import asyncpg

from proxy.catalog.loader import Connection

SETTINGS: Final = (
    "set local lock_timeout = '500ms'; set local client_min_messages = log;"
    " set local debug_print_rewritten = on; set local debug_pretty_print = off"
)
QUIET: Final = "select set_config('log_min_messages', 'panic', true) where {}"
ALLOWED: Final = "has_parameter_privilege('log_min_messages', 'SET')"
ALLOWED_BEFORE: Final = "(select rolsuper from pg_roles where rolname = current_user)"
PARAMETERS: Final = 15  # the first version that lets others than superusers set some parameters
MARK: Final = "pgwarden_body"  # a name that stands in every such statement, so in its tree and in no other
TITLE: Final = "rewritten parse tree:"


async def tree_of(connection: Connection, text: str, mark: str) -> str | None:
    """The rewritten tree of one statement under search_path = pg_catalog; None where the server does not accept it.
    mark: what stands in this tree and in no other. Raises what the driver raises when the connection fails."""
    seen: list[str] = []

    def listen(_connection: object, message: asyncpg.PostgresLogMessage) -> None:
        if message.message == TITLE and mark in str(message.detail):
            seen.append(str(message.detail))

    connection.add_log_listener(listen)
    try:
        async with connection.transaction(readonly=True):
            may_set = ALLOWED if connection.get_server_version().major >= PARAMETERS else ALLOWED_BEFORE
            await connection.execute("set local search_path = pg_catalog")
            await connection.execute(QUIET.format(may_set))  # else the tree is in the server's log too
            await connection.execute(SETTINGS)
            await connection.prepare(text)
        await asyncio.sleep(0)  # the driver hands messages over in the loop's next turn
    except asyncpg.PostgresError:
        return None
    finally:
        connection.remove_log_listener(listen)
    return seen[0] if seen else None
