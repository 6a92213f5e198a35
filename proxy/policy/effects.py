"""What a statement does, in the words that firewall rules use, from the text and from the server's tree."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from proxy.model import Command, CopyWay, Footprint, Oid, Reading
from proxy.policy.data_catalogs import FIRST_NORMAL_OID
from proxy.policy.function_effects import FUNCTION_EFFECTS

EFFECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "select": "reads rows: SELECT, TABLE, VALUES, COPY TO, a query inside another statement",
        "insert": "adds rows: INSERT, MERGE, COPY FROM",
        "update": "changes rows: UPDATE, MERGE, ON CONFLICT DO UPDATE",
        "delete": "removes rows: DELETE, MERGE",
        "merge": "MERGE",
        "truncate": "TRUNCATE",
        "ddl": "creates, alters, drops or describes objects",
        "grant": "GRANT, REVOKE, and all that changes roles or who owns what",
        "role": "creates, alters or drops roles, or takes another: SET ROLE, SET SESSION AUTHORIZATION",
        "copy": "COPY, whichever way",
        "copy_in": "COPY FROM",
        "copy_out": "COPY TO",
        "copy_program": "COPY with PROGRAM",
        "file": "reads or writes files of the server: COPY, pg_read_file and their kind",
        "call": "CALL of a procedure",
        "do": "a DO block",
        "function": "calls a function or operator that is not PostgreSQL's own",
        "lock": "LOCK, SELECT FOR UPDATE or SHARE, advisory locks",
        "set": "SET, RESET, set_config",
        "show": "SHOW",
        "discard": "DISCARD",
        "load": "LOAD of a library",
        "system": "ALTER SYSTEM, and functions that steer the server or other sessions",
        "listen": "LISTEN, UNLISTEN",
        "notify": "NOTIFY, pg_notify",
        "prepare": "PREPARE, EXECUTE, DEALLOCATE in SQL; not the protocol's Parse",
        "cursor": "DECLARE, FETCH, MOVE, CLOSE",
        "explain": "EXPLAIN",
        "large_object": "large objects",
        "maintenance": "VACUUM, ANALYZE, REINDEX, CLUSTER, REFRESH, CHECKPOINT",
        "replication": "publications, subscriptions, slots, origins",
        "extension": "CREATE, ALTER or DROP EXTENSION",
        "foreign": "foreign servers, tables, wrappers and user mappings",
        "transaction": "BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kind",
        "unparsed": "a text that the reading cannot parse",
    }
)
"""Every word that `effect:` takes, with its meaning."""

LATER_EFFECTS: Final = frozenset({"untrusted_language"})
"""Words of the design that nothing evaluates yet."""

FROM_READING: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"execute": frozenset({"prepare"}), "program": frozenset({"copy_program"})}
)
"""Words of the reading that have another name in rules."""

FROM_KIND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "role": "role",
        "user": "role",
        "group": "role",
        "set role": "role",
        "set session authorization": "role",
        "extension": "extension",
        "foreign table": "foreign",
        "foreign data wrapper": "foreign",
        "server": "foreign",
        "user mapping": "foreign",
        "import foreign schema": "foreign",
        "publication": "replication",
        "subscription": "replication",
        "large object": "large_object",
    }
)
"""A command's kind, whole or behind CREATE, ALTER, DROP."""

FROM_COPY: Final[Mapping[CopyWay, str]] = MappingProxyType({CopyWay.FROM: "copy_in", CopyWay.TO: "copy_out"})

BY_COMMAND: Final[Mapping[Command, frozenset[str]]] = MappingProxyType(
    {
        Command.SELECT: frozenset({"select"}),
        Command.INSERT: frozenset({"insert"}),
        Command.UPDATE: frozenset({"update"}),
        Command.DELETE: frozenset({"delete"}),
        Command.MERGE: frozenset({"merge"}),
        Command.UTILITY: frozenset(),
        Command.NOTHING: frozenset(),
    }
)
DEFINING: Final = frozenset({"create", "alter", "drop"})
CHANGES: Final = frozenset({"insert", "update", "delete", "merge"})


def effects_of(reading: Reading, footprint: Footprint | None) -> frozenset[str]:
    """Every effect of a statement. Where the tree writes and the text did not say how, it may be any change."""
    effects = _of_text(reading)
    if footprint is None:
        return effects
    effects |= BY_COMMAND.get(footprint.command, frozenset(EFFECTS))
    if footprint.locked:
        effects |= {"lock"}
    if footprint.written and not effects & CHANGES:
        effects |= CHANGES
    return effects | _of_functions(footprint.functions)


def _of_text(reading: Reading) -> frozenset[str]:
    effects = set[str]()
    for word in reading.effects:
        effects |= FROM_READING.get(word, {word})
    verb, _, what = reading.kind.partition(" ")
    kind = what if verb in DEFINING else reading.kind
    if kind in FROM_KIND:
        effects.add(FROM_KIND[kind])
    if reading.kind == "copy":
        effects |= {FROM_COPY[reading.copy.way]} if reading.copy else set(FROM_COPY.values())
    if not reading.parsed:
        effects.add("unparsed")
    return frozenset(effects)


def _of_functions(functions: frozenset[Oid]) -> frozenset[str]:
    own = frozenset({"function"}) if any(oid >= FIRST_NORMAL_OID for oid in functions) else frozenset[str]()
    return own.union(*(FUNCTION_EFFECTS[oid] for oid in functions & FUNCTION_EFFECTS.keys()))
