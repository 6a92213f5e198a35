"""VACUUM, ANALYZE, CLUSTER, REINDEX, REFRESH, CHECKPOINT, TRUNCATE, LOCK, DO, CALL: no query, no definition."""

from msgspec.structs import replace

from proxy.model import Reading
from proxy.reading.answers import listed, plain, unparsed
from proxy.reading.words import Cursor

_MAINTENANCE = "maintenance"


def vacuum(cursor: Cursor) -> Reading:
    """VACUUM [(options)] [FULL] [FREEZE] [VERBOSE] [ANALYZE] [tables]."""
    cursor.skip_group()
    while cursor.any_of("full", "freeze", "verbose", "analyze", "analyse"):
        continue
    return replace(plain("vacuum", _MAINTENANCE, relations=listed(cursor)), alone=True)


def analyze(cursor: Cursor) -> Reading:
    """ANALYZE [(options)] [VERBOSE] [tables]."""
    cursor.skip_group()
    cursor.accept("verbose")
    return plain("analyze", _MAINTENANCE, relations=listed(cursor))


def cluster(cursor: Cursor) -> Reading:
    """CLUSTER [(options)] [VERBOSE] [table [USING index]], or the old CLUSTER index ON table."""
    cursor.skip_group()
    cursor.accept("verbose")
    relation = cursor.qualified()
    if cursor.accept("on"):
        relation = cursor.qualified()
    return replace(plain("cluster", _MAINTENANCE, relations=(relation,)), alone=relation is None)


def reindex(cursor: Cursor) -> Reading:
    """REINDEX [(options)] INDEX | TABLE | SCHEMA | DATABASE | SYSTEM [CONCURRENTLY] [name]."""
    options = {word.key for word in cursor.words[cursor.at : cursor.end]} if cursor.peek().key == "(" else set()
    cursor.skip_group()
    what = cursor.any_of("index", "table", "schema", "database", "system")
    if not what:
        return unparsed("reindex", _MAINTENANCE)
    alone = cursor.accept("concurrently") or "concurrently" in options or what not in ("index", "table")
    relations = (cursor.qualified(),) if what in ("index", "table") else ()
    return replace(plain("reindex", _MAINTENANCE, relations=relations), alone=alone)


def refresh(cursor: Cursor) -> Reading:
    """REFRESH MATERIALIZED VIEW [CONCURRENTLY] name: runs the view's query."""
    if not cursor.accept("materialized", "view"):
        return unparsed("refresh", _MAINTENANCE)
    cursor.accept("concurrently")
    return plain("refresh materialized view", _MAINTENANCE, "select", relations=(cursor.qualified(),))


def checkpoint(cursor: Cursor) -> Reading:
    """CHECKPOINT."""
    return plain("checkpoint", _MAINTENANCE)


def truncate(cursor: Cursor) -> Reading:
    """TRUNCATE [TABLE] names."""
    cursor.accept("table")
    return replace(plain("truncate", "truncate", relations=listed(cursor)), upkeep=True)


def lock(cursor: Cursor) -> Reading:
    """LOCK [TABLE] names [IN mode MODE] [NOWAIT]."""
    cursor.accept("table")
    return plain("lock", "lock", relations=listed(cursor))


def do(cursor: Cursor) -> Reading:
    """DO [LANGUAGE name] code: may do anything."""
    return Reading(kind="do", effects=frozenset({"do"}), parsed=True)


def call(cursor: Cursor) -> Reading:
    """CALL procedure(…): may do anything, transaction control included."""
    return Reading(kind="call", effects=frozenset({"call"}), parsed=True)
