"""What a session is asked about its temporary relations: the words, without what is made of the answers (`own.py`)."""

from collections.abc import Iterable
from typing import Final

from proxy.model import Footprint, Oid

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


def question_of(names: Iterable[tuple[str, str]]) -> str:
    """Which of some names, of a schema ("": none is given) and a relation, mean such a relation: a row for each."""
    quoted = [".".join('"' + part.replace('"', '""') + '"' for part in name if part) for name in names]
    literals = ", ".join("E'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'" for name in quoted)
    return (
        "select n.name from pg_catalog.unnest(array["  # noqa: S608  our own words, and names with their quotes escaped
        f"{literals}]::pg_catalog.text[]) n(name) join pg_catalog.pg_class c on "
        f"c.oid operator(pg_catalog.=) pg_catalog.to_regclass(n.name)::pg_catalog.oid where {_NOTHING_RUNS}"
    )
