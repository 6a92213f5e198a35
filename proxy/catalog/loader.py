"""Reads a database's catalog into a Snapshot: one connection, one moment, a few large questions."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg
import msgspec

from proxy.catalog import queries
from proxy.catalog.snapshot import (
    Column,
    Function,
    FunctionKind,
    Relation,
    RelationKind,
    Role,
    Snapshot,
    Type,
    TypeKind,
    Volatility,
)
from proxy.errors import CatalogUnreadable
from proxy.model import Attnum, Oid

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Row: TypeAlias = Sequence[Any]  # what the driver decodes
SQL_BODIES = 140000  # the first server_version_num with prosqlbody and multiranges
TEMPORARY = ("pg_temp_", "pg_toast_temp_")


async def load(connection: Connection) -> Snapshot:
    """The catalog as it is now, with its digest and without a version. Any role can ask, on 13 to 18. Raises
    CatalogUnreadable with the names of what it may not read, and what the driver raises."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local search_path = pg_catalog; set local jit = off")
        if missing := await connection.fetchval(queries.UNREADABLE, list(queries.CATALOGS)):
            raise CatalogUnreadable(
                f"the catalog account may not read {', '.join(missing)}", hint="GRANT SELECT on them to it"
            )
        database, version_num, encoding = await connection.fetchrow(queries.SERVER)
        snapshot = Snapshot(
            database=database,
            server_version_num=version_num,
            encoding=encoding,
            relations=await _relations(connection),
            types=await _types(connection, version_num),
            functions=await _functions(connection, version_num),
            operators=dict(map(tuple, await connection.fetch(queries.OPERATORS))),
            roles=await _roles(connection),
            json_casts=frozenset(source for (source,) in await connection.fetch(queries.JSON_CASTS)),
        )
    return msgspec.structs.replace(snapshot, digest=digest_of(snapshot))


async def fingerprint(connection: Connection) -> str:
    """A text that changes with the catalog and costs little. Temporary relations do not count."""
    async with connection.transaction(readonly=True):
        await connection.execute("set local search_path = pg_catalog; set local jit = off")
        return str(await connection.fetchval(queries.FINGERPRINT))


def digest_of(snapshot: Snapshot) -> str:
    """Of all that a snapshot says but for temporary relations, which come and go, and their types."""
    lasting = msgspec.structs.replace(
        snapshot,
        version=0,
        digest="",
        relations={oid: one for oid, one in snapshot.relations.items() if not one.temporary},
        types={oid: one for oid, one in snapshot.types.items() if not one.schema.startswith(TEMPORARY)},
        roles={},
        json_casts=frozenset(),
    )
    roles = [(one.oid, one.name, one.superuser, sorted(one.member_of)) for one in snapshot.roles.values()]
    return hashlib.sha256(msgspec.msgpack.encode([lasting, roles, sorted(snapshot.json_casts)])).hexdigest()


async def _relations(connection: Connection) -> Mapping[Oid, Relation]:
    columns = await _columns(connection)
    parents, children = defaultdict(list), defaultdict(list)
    for child, parent in await connection.fetch(queries.INHERITS):
        parents[child].append(parent)
        children[parent].append(child)
    views = dict(map(tuple, await connection.fetch(queries.VIEWS)))
    expressions = _grouped(await connection.fetch(queries.EXPRESSIONS))
    policies = _grouped(await connection.fetch(queries.POLICIES))
    cascades = _grouped(await connection.fetch(queries.CASCADES))
    return {
        row["oid"]: Relation(
            **{**row, "kind": RelationKind(row["kind"])},
            columns=columns.get(row["oid"], {}),
            parents=tuple(parents.get(row["oid"], ())),
            children=tuple(children.get(row["oid"], ())),
            view=views.get(row["oid"]),
            expressions=expressions.get(row["oid"], ()),
            cascades=cascades.get(row["oid"], ()),
            policies=policies.get(row["oid"], ()),
        )
        for row in await connection.fetch(queries.RELATIONS)
    }


async def _columns(connection: Connection) -> Mapping[Oid, Mapping[Attnum, Column]]:
    expressions = {(oid, attnum): tree for oid, attnum, tree in await connection.fetch(queries.GENERATED)}
    return {
        oid: {
            attnum: Column(name, type_oid, typmod, generated, has_default, expressions.get((oid, attnum)))
            for attnum, name, type_oid, typmod, generated, has_default in zip(*arrays, strict=True)
        }
        for oid, *arrays in await connection.fetch(queries.COLUMNS)
    }


async def _types(connection: Connection, version_num: int) -> Mapping[Oid, Type]:
    labels = {oid: tuple(found) for oid, found in await connection.fetch(queries.LABELS)}
    checks = _grouped(await connection.fetch(queries.CHECKS))
    several = {}
    if version_num >= SQL_BODIES:
        several = dict(map(tuple, await connection.fetch(queries.MULTIRANGES)))
    return {
        row["oid"]: Type(
            **{**row, "kind": TypeKind(row["kind"]), "element": several.get(row["oid"], row["element"])},
            labels=labels.get(row["oid"], ()),
            checks=checks.get(row["oid"], ()),
        )
        for row in await connection.fetch(queries.TYPES)
    }


async def _functions(connection: Connection, version_num: int) -> Mapping[Oid, Function]:
    tree = "p.prosqlbody::text" if version_num >= SQL_BODIES else "null::text"
    return {
        row["oid"]: Function(
            **{
                **row,
                "arg_types": tuple(row["arg_types"]),
                "volatility": Volatility(row["volatility"]),
                "kind": FunctionKind(row["kind"]),
            }
        )
        for row in await connection.fetch(queries.FUNCTIONS.format(tree=tree))
    }


async def _roles(connection: Connection) -> Mapping[str, Role]:
    rows = await connection.fetch(queries.ROLES)
    names = {oid: name for oid, name, _ in rows}
    groups = _grouped(await connection.fetch(queries.MEMBERS))
    return {
        name: Role(oid, name, superuser, frozenset(names[one] for one in _closure(oid, groups) if one in names))
        for oid, name, superuser in rows
    }


def _closure(start: Oid, groups: Mapping[Oid, Iterable[Oid]]) -> set[Oid]:
    """start and all that can be reached from it."""
    found, waiting = {start}, [start]
    while waiting:
        new = set(groups.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def _grouped(rows: Iterable[Row]) -> Mapping[Oid, tuple[Any, ...]]:
    """(key, value) rows as key to its values, in their order."""
    found: dict[Oid, list[Any]] = defaultdict(list)
    for key, value in rows:
        found[key].append(value)
    return {key: tuple(values) for key, values in found.items()}
