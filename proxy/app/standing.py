"""Puts a connection where another user's session would stand: role, search_path, and what cannot be known of them."""

from collections.abc import Mapping
from typing import Final

from proxy.app.asking import Asking
from proxy.catalog.loader import Connection
from proxy.wire.constants import ErrorField

SETTINGS: Final = """
    select s.setrole <> 0, s.setdatabase <> 0, pg_catalog.split_part(c, '=', 1),
           pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
    from pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c
    where s.setrole in (0, coalesce((select oid from pg_catalog.pg_roles where rolname = $1), 0))
      and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
    order by s.setrole <> 0, s.setdatabase <> 0
"""
"""Weakest first (catalog/pg_db_role_setting.c, process_settings): everybody, the database, the role, the role there."""
OWN: Final = "select name, reset_val, boot_val, source from pg_catalog.pg_settings where name = any($1)"
ELSEWHERE: Final = frozenset({"database", "user", "database user", "client", "session"})
"""Where our own value may come from without being the other user's (guc.c, GucSource_Names)."""
MEANING: Final = ("search_path", "standard_conforming_strings")
"""Settings that decide what a text means."""
ALWAYS_UNKNOWN: Final = "what the session itself has set before: SET, startup options, temporary tables"


async def stand_as(asking: Asking, connection: Connection, user: str) -> tuple[str, ...]:
    """Opens a transaction on asking that stands where user's would; nothing in it lasts. What could not be known."""
    unknown = [ALWAYS_UNKNOWN]
    settings, guessed = await _settings_of(connection, user)
    unknown += [f"{name} of the server's configuration: its built-in default is taken" for name in guessed]
    await asking.run("begin read only")
    for name, value in settings.items():
        await asking.run(f"select pg_catalog.set_config({_literal(name)}, {_literal(value)}, true)")
    await asking.run("savepoint before_role")
    role = settings.get("role") or user
    if (error := await asking.run(f"set local role {_quoted(role)}")) is not None:
        await asking.run("rollback to savepoint before_role")
        path = settings["search_path"].replace('"$user"', _quoted(role))
        await asking.run(f"select pg_catalog.set_config('search_path', {_literal(path)}, true)")
        said = error.fields.get(ErrorField.MESSAGE.value, b"").decode("utf-8", "replace")
        unknown.append(f"which schemas {role} may use: the catalog account cannot take that role ({said})")
    return tuple(unknown)


async def _settings_of(connection: Connection, user: str) -> tuple[Mapping[str, str], list[str]]:
    """What user's session begins with, and the settings for which that is a guess."""
    found, guessed = dict[str, str](), list[str]()
    for name, value, default, source in await connection.fetch(OWN, list(MEANING)):
        found[name] = default if source in ELSEWHERE else value
        if source in ELSEWHERE:
            guessed.append(name)
    for _, _, name, value in await connection.fetch(SETTINGS, user):
        if name in MEANING or name == "role":
            found[name] = value
            guessed = [each for each in guessed if each != name]
    return found, guessed


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"E'{escaped}'"


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
