"""Temporary relations of the session itself, which the snapshot lacks while their transaction is open: the session is
asked for them, and they are part of the ground of one decision.

Why their columns may be what nobody classified. What is in them the session has put there, and it has one subject from
login to end, whatever role it takes. A statement by which a restricted reader would put a protected value there is
refused (laundering), by whatever it is computed from; what runs by itself (triggers, rules, generated columns, checks,
defaults of other relations) makes the relation one that is not taken from here, and so does an owner other than the
session's user: then a function of somebody else's has made it. No other session reads or fills it: the server does not
let them. What is decided thereby is not remembered: the next statement asks again.
"""

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from proxy.analysis.ground import Ground
from proxy.catalog.snapshot import Column, Relation, RelationKind
from proxy.model import Attnum, Footprint, Oid
from proxy.policy.names import split_name

UNKNOWN: Final = "relation-unknown:"
"""How the analysis begins its reason where a relation is not in the snapshot."""
MOST: Final = 64
"""Relations of one statement that are asked for."""

_NOTHING_RUNS: Final = (
    "c.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()"
    " and c.relpersistence operator(pg_catalog.=) 't' and c.relkind operator(pg_catalog.=) 'r'"
    " and c.reloftype operator(pg_catalog.=) 0::pg_catalog.oid"
    " and pg_catalog.pg_get_userbyid(c.relowner) operator(pg_catalog.=) session_user"
    " and not c.relhasrules and not c.relhastriggers and not c.relhassubclass"
    " and not c.relispartition and not c.relrowsecurity"
    " and not exists (select from pg_catalog.pg_inherits i where i.inhrelid operator(pg_catalog.=) c.oid)"
    " and not exists (select from pg_catalog.pg_attribute g where g.attrelid operator(pg_catalog.=) c.oid"
    " and g.attgenerated operator(pg_catalog.<>) '')"
    " and not exists (select from pg_catalog.pg_constraint k where k.conrelid operator(pg_catalog.=) c.oid"
    " and k.contype operator(pg_catalog.=) any ('{c,f,t,x}'::pg_catalog.\"char\"[]))"
    " and not exists (select from pg_catalog.pg_index x where x.indrelid operator(pg_catalog.=) c.oid"
    " and (x.indexprs is not null or x.indpred is not null))"
)
_COLUMNS: Final = (
    "select c.oid, c.relname, a.attnum, a.attname, a.atttypid, a.atttypmod from pg_catalog.pg_class c"
    " join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) c.oid"
    " and a.attnum operator(pg_catalog.>) 0::pg_catalog.int2 and not a.attisdropped where "
)

Row = tuple[bytes | None, ...]


def unknown(footprint: Footprint | None) -> tuple[Oid, ...]:
    """The relations that kept a footprint from being proof; none where there are too many."""
    if footprint is None:
        return ()
    origins = [output.origin for output in footprint.outputs] + [write.origin for write in footprint.writes]
    reasons = set(footprint.opaque).union(*(origin.opaque for origin in origins))
    found = sorted({int(one.removeprefix(UNKNOWN)) for one in reasons if one.startswith(UNKNOWN)})
    return tuple(map(Oid, found)) if len(found) <= MOST else ()


def question(oids: Iterable[Oid]) -> bytes:
    """Asks for the columns of those among some relations that are the session's own and run nothing."""
    listed = ",".join(str(int(oid)) for oid in oids)
    return f"{_COLUMNS}c.oid operator(pg_catalog.=) any ('{{{listed}}}'::pg_catalog.oid[]) and {_NOTHING_RUNS}".encode()


def question_of(names: Sequence[str]) -> str:
    """Which of some names, as a reading gives them, mean such a relation: a row for each."""
    quoted = [".".join('"' + part.replace('"', '""') + '"' for part in split_name(name) if part) for name in names]
    literals = ", ".join("E'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'" for name in quoted)
    return (
        "select n.name from pg_catalog.unnest(array["  # noqa: S608  our own words, and names with their quotes escaped
        f"{literals}]::pg_catalog.text[]) n(name) join pg_catalog.pg_class c on "
        f"c.oid operator(pg_catalog.=) pg_catalog.to_regclass(n.name)::pg_catalog.oid where {_NOTHING_RUNS}"
    )


def relations(rows: Sequence[Row]) -> Mapping[Oid, Relation]:
    """The answer to `question`."""
    columns: dict[Oid, dict[Attnum, Column]] = {}
    names: dict[Oid, str] = {}
    for row in rows:
        oid, name, attnum, column, type_oid, typmod = ((value or b"").decode("utf-8", "replace") for value in row)
        names[Oid(int(oid))] = name
        columns.setdefault(Oid(int(oid)), {})[Attnum(int(attnum))] = Column(column, Oid(int(type_oid)), int(typmod))
    return {
        oid: Relation(oid, "pg_temp", names[oid], RelationKind.TABLE, "", found, temporary=True)
        for oid, found in columns.items()
    }


def beside(ground: Ground, trusted: frozenset[Oid], rows: Sequence[Row]) -> Ground:
    """The ground of one decision: the snapshot's, and the relations of an answer. What it finds out stays in it, but
    for the trees of functions' texts, in which no temporary relation has a place."""
    known = ground.snapshot.relations
    added = {oid: one for oid, one in relations(rows).items() if oid not in known}
    made = Ground(replace(ground.snapshot, relations=ChainMap(added, dict(known))), trusted)
    made.texts = ground.texts
    return made
