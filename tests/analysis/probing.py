"""Asks a real server for its rewritten tree, as the relay does, and gives names to what the walk found."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psycopg

from proxy.analysis.ground import Ground
from proxy.analysis.tree import Node, TreeReader
from proxy.analysis.walk import footprint
from proxy.catalog.loader import load
from proxy.catalog.snapshot import Snapshot
from proxy.embedded.postgres import EmbeddedPostgres
from proxy.model import ColumnId, Footprint, Oid, Origin

SCHEMA = Path(__file__).parent.parent / "cases" / "shop.sql"
ON = "set client_min_messages = log; set debug_print_rewritten = on; set debug_pretty_print = off"
READER = "analysis_reader"
"""A role to which row security applies; a case asks for it by role: reader."""
OFF = "set debug_print_rewritten = off; set client_min_messages = notice"


MANY = 2


class NotAnalysed(Exception):
    """The server did not accept the statement."""


def details(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> list[bytes]:
    """The DETAIL of every rewritten tree that the server prints when it parses sql."""
    found: list[bytes] = []

    def keep(notice: psycopg.errors.Diagnostic) -> None:
        if notice.message_primary == "rewritten parse tree:":
            found.append((notice.message_detail or "").encode())

    connection.execute(ON)
    connection.add_notice_handler(keep)
    try:
        result = connection.pgconn.prepare(b"", sql.encode())
    finally:
        connection.remove_notice_handler(keep)
        connection.execute(OFF)
    if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
        raise NotAnalysed(result.error_message.decode())
    return found


@dataclass(frozen=True)
class Shop:
    """A database with the schema of the cases."""

    server: EmbeddedPostgres
    connection: psycopg.Connection[tuple[object, ...]]
    ground: Ground
    reader: TreeReader
    xml: bool
    """Whether the server was built with libxml."""

    @property
    def snapshot(self) -> Snapshot:
        """Its catalog."""
        return self.ground.snapshot

    def trees(self, sql: str, role: str | None = None) -> tuple[Node, ...]:
        """The rewritten trees of a statement. role: whose, by default the superuser's."""
        if role is not None:
            self.connection.execute(f"set role {READER}".encode())
        try:
            printed = details(self.connection, sql)
        finally:
            self.connection.execute("reset role")
        return tuple(tree for detail in printed for tree in self.reader.printed(detail))

    def footprint(self, sql: str, role: str | None = None) -> Footprint:
        """What the walk says of a statement."""
        return footprint(self.trees(sql, role), self.ground)

    def column(self, column: ColumnId) -> str:
        """relation.attribute; schemas other than shop stand before it."""
        name = self.snapshot.column_name(column.relation, column.attnum).removeprefix("shop.")
        return name + "".join(step if step[0] in ".?" else f":{step}" for step in column.path)

    def columns(self, columns: Iterable[ColumnId]) -> list[str]:
        """Their names in order; relation.* where all columns of a relation with more than two are there."""
        found = set(columns)
        whole = set[str]()
        for oid in {one.relation for one in found}:
            relation = self.snapshot.relations[oid]
            every = {ColumnId(oid, attnum) for attnum in relation.columns}
            if len(every) > MANY and every <= found:
                whole.add(f"{relation.full_name.removeprefix('shop.')}.*")
                found -= every
        return sorted(whole | set(map(self.column, found)))

    def relations(self, oids: Iterable[Oid]) -> list[str]:
        """Their names in order."""
        return sorted(self.snapshot.relations[oid].full_name.removeprefix("shop.") for oid in oids)

    def origin(self, origin: Origin) -> str:
        """As the cases write it: direct …; computed …; opaque …; clean."""
        parts = [
            ("direct", self.columns(origin.direct)),
            ("computed", self.columns(origin.sources - origin.direct)),
            ("opaque", list(origin.opaque)),
        ]
        return "; ".join(f"{word} {' '.join(names)}" for word, names in parts if names) or "clean"

    def told(self, found: Footprint) -> Mapping[str, object]:
        """A footprint in the words of the cases."""
        return {
            "command": found.command.value,
            "outputs": [{one.name: self.origin(one.origin)} for one in found.outputs],
            "relations": self.relations(found.relations),
            "reads": self.columns(found.reads),
            "written": self.relations(found.written),
            "writes": {self.column(one.column): self.origin(one.origin) for one in found.writes},
            "filtered": self.columns(found.filtered),
            "sorted": self.columns(found.sorted),
            "grouped": self.columns(found.grouped),
            "joined": self.columns(found.joined),
            "functions": sorted({self.snapshot.functions[oid].name for oid in found.functions}),
            "locked": self.relations(found.locked),
            "row_security": found.row_security,
            "volatile": found.volatile,
            "opaque": list(found.opaque),
        }


def snapshot_of(dsn: str) -> Snapshot:
    """The catalog of a database."""

    async def loaded() -> Snapshot:
        connection = await asyncpg.connect(dsn)
        try:
            return await load(connection)
        finally:
            await connection.close()

    return asyncio.run(loaded())


def open_shop(server: EmbeddedPostgres, name: str) -> Shop:
    """Create the database of the cases on a server."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    connection = psycopg.connect(server.dsn(name), autocommit=True)
    connection.execute(SCHEMA.read_bytes())
    admit(connection)
    ground = Ground(snapshot_of(server.dsn(name)))
    return Shop(server, connection, ground, TreeReader(), accepts(connection, "select xmlpi(name x)"))


def admit(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let the reader in."""
    if connection.execute("select 1 from pg_roles where rolname = %s", [READER]).fetchone() is None:
        connection.execute(f"create role {READER}".encode())
    connection.execute(f"grant usage on schema shop to {READER}".encode())
    connection.execute(f"grant select, insert, update, delete on all tables in schema shop to {READER}".encode())


def accepts(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> bool:
    """Whether the server parses a statement."""
    try:
        details(connection, sql)
    except NotAnalysed:
        return False
    return True
