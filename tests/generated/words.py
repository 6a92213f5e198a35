"""What statements are made of: the relations of the leak tests' schema, as a live server describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

FAMILIES: Final[Mapping[str, str]] = {
    "text": "text", "character varying": "text", "character": "text", "name": "text",
    "integer": "int", "smallint": "int", "bigint": "big", "numeric": "num", "double precision": "float",
    "real": "float", "boolean": "bool", "date": "date", "timestamp without time zone": "ts",
    "jsonb": "jsonb", "json": "json", "text[]": "texts", "int4range": "range", "bytea": "bytea", "s.address": "address",
}  # fmt: skip
"""Type names to the families that expressions are written for; any other type is `other`."""
SMALL: Final = 20
"""Rows of the largest relation that a statement reads: three of them joined are a few thousand."""
RELATIONS: Final = """
    select c.oid::regclass::text, c.relkind in ('r', 'p'),
           array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
                 and not a.attisdropped order by attnum),
           array(select format_type(case when t.typtype = 'd' then
                   case when b.typtype = 'd' then b.typbasetype else t.typbasetype end else t.oid end, null)
                 from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = t.typbasetype
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by attnum),
           array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
                 and not a.attisdropped and (a.attgenerated <> '' or a.attidentity <> '') order by attnum)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 's' and c.relkind in ('r', 'p', 'v', 'm') order by c.relname
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column or an output, as a statement may name it."""

    name: str
    family: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. assignable: the columns that a write may name; empty where it takes none."""

    name: str
    columns: tuple[Column, ...]
    assignable: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """All relations, the server's major version, and the highest OID of the schema's tables."""

    relations: tuple[Relation, ...]
    version: int
    newest: int

    @property
    def targets(self) -> tuple[Relation, ...]:
        """What may be written to."""
        return tuple(one for one in self.relations if one.assignable)


def read_words(connection: psycopg.Connection[tuple[Any, ...]]) -> Words:
    """Reads the schema. Relations that cannot be read, or have too many rows, are left out."""
    found: list[Relation] = []
    for name, table, names, types, fixed in connection.execute(RELATIONS).fetchall():
        columns = tuple(_column(one, type_) for one, type_ in zip(names, types, strict=True))
        if columns and _few(connection, name):
            assignable = tuple(each for each in columns if each.name not in fixed) if table else ()
            found.append(Relation(name, columns, assignable))
    [newest] = connection.execute("select max(oid::int8) from pg_class").fetchone() or (0,)
    return Words(tuple(found), connection.info.server_version // 10_000, int(newest))


def _column(name: str, type_: str) -> Column:
    return Column(name, FAMILIES.get(type_, "other"))


def _few(connection: psycopg.Connection[tuple[Any, ...]], relation: str) -> bool:
    try:
        return len(connection.execute(f"select from {relation} limit {SMALL + 1}".encode()).fetchall()) <= SMALL
    except psycopg.Error:
        return False
