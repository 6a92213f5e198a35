"""Reads a database's catalog into a Snapshot: one connection, one moment, a few large questions."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import asyncpg
import msgspec

from proxy.catalog import queries
from proxy.catalog.definitions import definitions
from proxy.catalog.routine_loader import load_routines
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
Ask: TypeAlias = Callable[[str], Awaitable[Sequence[Any]]]
One = TypeVar("One")
SQL_BODIES: Final = 140000  # the first server_version_num with prosqlbody and multiranges
TEMPORARY: Final = ("pg_temp_", "pg_toast_temp_")
PACE: Final = 100  # rows that are made into values before the loop may look after others: about a millisecond
KINDS: Final = {kind.value: kind for kind in RelationKind}
TYPE_KINDS: Final = {kind.value: kind for kind in TypeKind}
VOLATILITIES: Final = {kind.value: kind for kind in Volatility}
FUNCTION_KINDS: Final = {kind.value: kind for kind in FunctionKind}


async def load(
    connection: Connection, previous: Snapshot | None = None, changed: Collection[str] = queries.EVERYTHING
) -> Snapshot:
    """The catalog as it is now, with its digest and without a version. Any role can ask, on 13 to 18. changed: the
    catalogs that differ from what previous was read from; what depends on none of them is taken over, temporary
    relations never. Raises CatalogUnreadable with the names of what it may not read, and what the driver raises."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local search_path = pg_catalog; set local jit = off")
        if missing := await connection.fetchval(queries.UNREADABLE, list(queries.CATALOGS)):
            raise CatalogUnreadable(
                f"the catalog account may not read {', '.join(missing)}", hint="GRANT SELECT on them to it"
            )
        database, version_num, encoding, oid, may_ask = await connection.fetchrow(queries.SERVER)
        cluster = await connection.fetchval(queries.CLUSTER) if may_ask else "unknown"
        old = previous or Snapshot(database, version_num)
        again = {part for part, read_from in queries.PARTS.items() if previous is None or read_from & set(changed)}
        snapshot = Snapshot(
            database=database,
            server_version_num=version_num,
            encoding=encoding,
            identity=f"{cluster}/{oid}",
            relations=await _relations(connection, None if "relations" in again else old.relations),
            types=await _types(connection, version_num, None if "types" in again else old.types),
            functions=await _functions(connection, version_num) if "functions" in again else old.functions,
            operators=await _operators(connection) if "operators" in again else old.operators,
            roles=await _roles(connection) if "roles" in again else old.roles,
            json_casts=await _json_casts(connection) if "casts" in again else old.json_casts,
            routines=await load_routines(connection.fetch) if "routines" in again else old.routines,
            definitions=await definitions(connection) if "definitions" in again else old.definitions,
        )
    return msgspec.structs.replace(snapshot, digest=await digest_of(snapshot))


async def fingerprint(connection: Connection) -> Mapping[str, str]:
    """By catalog, a text that changes with it and costs little. Temporary relations do not count."""
    async with connection.transaction(readonly=True):
        await connection.execute("set local search_path = pg_catalog; set local jit = off")
        return dict(map(tuple, await connection.fetch(queries.FINGERPRINT)))


async def digest_of(snapshot: Snapshot) -> str:
    """Of all that a snapshot says but for temporary relations, which come and go, and their types."""
    found = hashlib.sha256(f"{snapshot.database} {snapshot.server_version_num} {snapshot.encoding}".encode())
    parts = (snapshot.relations, snapshot.types, snapshot.functions, snapshot.operators)
    async for one in _paced([item for part in parts for item in part.items()]):
        if not _is_temporary(one[1]):
            found.update(msgspec.msgpack.encode(one))
    roles = [(one.oid, one.name, one.superuser, sorted(one.member_of)) for one in snapshot.roles.values()]
    found.update(msgspec.msgpack.encode([roles, sorted(snapshot.json_casts), snapshot.routines, snapshot.definitions]))
    return found.hexdigest()


async def _paced(values: Sequence[One]) -> AsyncIterator[One]:
    """The same values, with a pause for the loop's other tasks now and then."""
    for at, value in enumerate(values):
        if at % PACE == 0:
            await asyncio.sleep(0)
        yield value


def _is_temporary(value: object) -> bool:
    return isinstance(value, Relation | Type) and value.schema.startswith(TEMPORARY)


def _lasting(known: Mapping[Oid, One] | None) -> dict[Oid, One]:
    return {oid: one for oid, one in (known or {}).items() if not _is_temporary(one)}


async def _relations(connection: Connection, known: Mapping[Oid, Relation] | None) -> Mapping[Oid, Relation]:
    """All; or those that are known, with the temporary ones anew."""
    found = _lasting(known)
    ask = _asking(connection, known is not None)
    columns = await _columns(ask)
    parents, children = defaultdict(list), defaultdict(list)
    for child, parent in await ask(queries.INHERITS):
        parents[child].append(parent)
        children[parent].append(child)
    references = _grouped([(row[0], tuple(row[1:])) for row in await ask(queries.REFERENCES)])
    views = dict(map(tuple, await ask(queries.VIEWS)))
    expressions, policies, cascades = [
        _grouped(await ask(one)) for one in (queries.EXPRESSIONS, queries.POLICIES, queries.CASCADES)
    ]
    async for row in _paced(await ask(queries.RELATIONS)):
        oid = row["oid"]
        found[oid] = Relation(
            **{**row, "kind": KINDS[row["kind"]]},
            columns=columns.get(oid, {}),
            parents=tuple(parents.get(oid, ())),
            children=tuple(children.get(oid, ())),
            view=views.get(oid),
            expressions=expressions.get(oid, ()),
            cascades=cascades.get(oid, ()),
            references=references.get(oid, ()),
            policies=policies.get(oid, ()),
        )
    return found


async def _columns(ask: Ask) -> Mapping[Oid, Mapping[Attnum, Column]]:
    expressions = {(oid, attnum): tree for oid, attnum, tree in await ask(queries.GENERATED)}
    found = {}
    async for oid, *arrays in _paced(await ask(queries.COLUMNS)):
        found[oid] = {
            attnum: Column(name, type_oid, typmod, generated, has_default, expressions.get((oid, attnum)))
            for attnum, name, type_oid, typmod, generated, has_default in zip(*arrays, strict=True)
        }
    return found


async def _types(connection: Connection, version_num: int, known: Mapping[Oid, Type] | None) -> Mapping[Oid, Type]:
    """All; or those that are known, with the temporary ones anew."""
    found = _lasting(known)
    labels, checks, several = dict[Oid, tuple[str, ...]](), dict[Oid, tuple[str, ...]](), dict[Oid, Oid]()
    if known is None:
        labels = {oid: tuple(texts) for oid, texts in await connection.fetch(queries.LABELS)}
        checks = dict(_grouped(await connection.fetch(queries.CHECKS)))
    if known is None and version_num >= SQL_BODIES:
        several = dict(map(tuple, await connection.fetch(queries.MULTIRANGES)))
    async for row in _paced(await _asking(connection, known is not None)(queries.TYPES)):
        oid = row["oid"]
        found[oid] = Type(
            **{**row, "kind": TYPE_KINDS[row["kind"]], "element": several.get(oid, row["element"])},
            labels=labels.get(oid, ()),
            checks=checks.get(oid, ()),
        )
    return found


async def _functions(connection: Connection, version_num: int) -> Mapping[Oid, Function]:
    tree = "p.prosqlbody::text" if version_num >= SQL_BODIES else "null::text"
    found = {}
    async for row in _paced(await connection.fetch(queries.FUNCTIONS.format(tree=tree))):
        found[row["oid"]] = Function(
            **{
                **row,
                "arg_types": tuple(row["arg_types"]),
                "volatility": VOLATILITIES[row["volatility"]],
                "kind": FUNCTION_KINDS[row["kind"]],
            }
        )
    return found


async def _operators(connection: Connection) -> Mapping[Oid, Oid]:
    return dict(map(tuple, await connection.fetch(queries.OPERATORS)))


async def _json_casts(connection: Connection) -> frozenset[Oid]:
    return frozenset(source for (source,) in await connection.fetch(queries.JSON_CASTS))


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


def _asking(connection: Connection, temporary: object) -> Ask:
    """Asks a question about everything, or about temporary relations alone."""

    async def ask(question: str) -> Sequence[Any]:
        return list(await connection.fetch(queries.temporary(question) if temporary else question))

    return ask
