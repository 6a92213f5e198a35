"""CREATE, ALTER, DROP and what else defines: COMMENT, SECURITY LABEL, IMPORT, REASSIGN, GRANT, REVOKE."""

from msgspec.structs import replace

from proxy.model import Reading
from proxy.reading.answers import ddl, listed, named, unparsed
from proxy.reading.inner import created_as
from proxy.reading.words import Cursor

OBJECTS = (
    "access method", "aggregate", "cast", "collation", "column", "constraint", "conversion", "database",
    "default privileges", "domain", "event trigger", "extension", "foreign data wrapper", "foreign table", "function",
    "group", "index", "language", "large object", "materialized view", "operator class", "operator family",
    "operator", "owned", "policy", "procedure", "publication", "role", "routine", "rule", "schema", "sequence",
    "server", "statistics", "subscription", "system", "tablespace", "table", "text search configuration",
    "text search dictionary", "text search parser", "text search template", "transform", "trigger", "type",
    "user mapping", "user", "view", "property graph",
)  # fmt: skip
"""What can be created, altered, dropped or commented on (manual, "SQL Commands"); longer names first."""
RELATIONS = frozenset({"table", "view", "materialized view", "foreign table", "sequence", "index"})
"""Kinds whose names are those of relations."""
ON_RELATION = frozenset({"trigger", "rule", "policy", "constraint"})
"""Kinds that stand ON a relation."""
ROLES = frozenset({"role", "user", "group", "default privileges", "owned"})
_ALONE = frozenset((
    "create database", "drop database", "create tablespace", "drop tablespace", "create subscription",
    "drop subscription", "alter subscription", "alter system",
))  # fmt: skip
_MODIFIERS = (
    "or", "replace", "global", "local", "temp", "temporary", "unlogged", "unique", "recursive", "constraint",
    "trusted", "procedural", "default",
)  # fmt: skip


def _object(cursor: Cursor) -> str:
    """Moves behind the kind of object; empty where it is none that is known."""
    return next((words for words in OBJECTS if cursor.accept(*words.split())), "")


def _definition(kind: str, cursor: Cursor, relations: tuple[str | None, ...]) -> Reading:
    """A reading of CREATE, ALTER or DROP kind; words from the cursor on may say that it must run alone."""
    effects = ["grant"] if kind.split(" ", 1)[1] in ROLES else ["system"] if kind == "alter system" else []
    alone = kind in _ALONE or _concurrently(kind, cursor)
    return replace(ddl(kind, *effects, relations=relations), alone=alone)


def _concurrently(kind: str, cursor: Cursor) -> bool:
    keys = [word.key for word in cursor.words[cursor.at : cursor.end]]
    if kind == "alter database":
        return keys[1:4] == ["set", "tablespace"] or keys[1:3] == ["set", "tablespace"]
    return kind in ("create index", "drop index", "alter table") and "concurrently" in keys


def create(cursor: Cursor) -> Reading:
    """CREATE [modifiers] kind [IF NOT EXISTS] name …"""
    recursive = temporary = False
    while (key := cursor.peek().key) in _MODIFIERS and cursor.peek(1).key != "privileges":
        recursive |= key == "recursive"
        temporary |= key in ("temp", "temporary")
        cursor.next()
    if not (what := _object(cursor)):
        return unparsed("create", "ddl")
    kind = f"create {what}"
    if what == "schema":
        return ddl(kind, *(["grant"] if cursor.find("grant") else []))
    before = cursor.part(cursor.at, cursor.end)
    relation = _created(what, cursor)
    outer = _definition(kind, before, (relation,))
    if what == "table" and temporary:
        outer = replace(outer, bare_temporary=_is_bare(before))
    if what == "index":
        outer = replace(outer, upkeep=_is_of_columns(before))
    if what in ("table", "materialized view", "view") and not recursive:
        return _with_query(outer, cursor)
    return outer


_MORE_THAN_COLUMNS = frozenset((
    "as", "check", "collate", "constraint", "default", "exclude", "execute", "from", "generated", "include", "inherits",
    "like", "of", "partition", "references", "select", "using", "values", "with",
))  # fmt: skip


def _is_bare(cursor: Cursor) -> bool:
    """Whether a table is made of names, types, NULL, keys and what is done at commit: every other word is too much."""
    return not any(word.key in _MORE_THAN_COLUMNS for word in cursor.words[cursor.at : cursor.end])


def _is_of_columns(cursor: Cursor) -> bool:
    """Whether an index is on bare columns alone: no expression, no predicate, nothing that is named but the columns."""
    cursor.accept("concurrently")
    cursor.accept("if", "not", "exists")
    if cursor.peek().key != "on":
        cursor.name()
    if not cursor.accept("on"):
        return False
    cursor.accept("only")
    if cursor.qualified() is None or not cursor.accept("("):
        return False
    while cursor.name() is not None:
        cursor.any_of("asc", "desc")
        if cursor.accept("nulls"):
            cursor.any_of("first", "last")
        if not cursor.accept(","):
            break
    return cursor.accept(")") and not cursor.more()


def _created(what: str, cursor: Cursor) -> str | None:
    if what == "index":
        return _on(cursor)
    if what == "rule":
        cursor.find("to")
        return cursor.qualified()
    if what in ON_RELATION:
        return _on(cursor)
    cursor.accept("if", "not", "exists")
    return cursor.qualified() if what in RELATIONS else None


def _on(cursor: Cursor) -> str | None:
    if not cursor.find("on"):
        return None
    cursor.accept("only")
    return cursor.qualified()


def _with_query(outer: Reading, cursor: Cursor) -> Reading:
    """TABLE … AS runs its query, so does MATERIALIZED VIEW … AS; a view's query is only kept."""
    part = cursor.part(cursor.at, cursor.end)
    if outer.kind == "create view":
        for how in ((), ("cascaded",), ("local",)):
            part = part.without("with", *how, "check", "option")
    held = created_as(outer, part)
    if held is outer:
        return outer
    if outer.kind == "create view":
        return replace(held, effects=outer.effects | (held.effects & {"unparsed"}))
    return replace(held, kind="create table as") if outer.kind == "create table" else held


def alter(cursor: Cursor) -> Reading:
    """ALTER kind [IF EXISTS] name …"""
    cursor.accept("procedural")
    if not (what := _object(cursor)):
        return unparsed("alter", "ddl")
    kind = f"alter {what}"
    cursor.accept("if", "exists")
    start = cursor.part(cursor.at, cursor.end)
    if what in ON_RELATION:
        return _definition(kind, start, (_on(cursor),))
    all_of = cursor.peek().key == "all" and cursor.peek(1).key == "in"
    if what not in RELATIONS or all_of:
        return _definition(kind, start, ())
    cursor.accept("only")
    return _definition(kind, start, (cursor.qualified(),))


def drop(cursor: Cursor) -> Reading:
    """DROP kind [CONCURRENTLY] [IF EXISTS] names …"""
    cursor.accept("procedural")
    if not (what := _object(cursor)):
        return unparsed("drop", "ddl")
    kind = f"drop {what}"
    start = cursor.part(cursor.at, cursor.end)
    cursor.accept("concurrently")
    cursor.accept("if", "exists")
    if what in ON_RELATION:
        return _definition(kind, start, (_on(cursor),))
    return _definition(kind, start, tuple(listed(cursor)) if what in RELATIONS else ())


def comment(cursor: Cursor) -> Reading:
    """COMMENT ON kind name IS …"""
    return _about("comment", cursor)


def security(cursor: Cursor) -> Reading:
    """SECURITY LABEL [FOR provider] ON kind name IS …"""
    if not cursor.accept("label"):
        return unparsed("security", "ddl")
    if cursor.accept("for"):
        cursor.next()
    return _about("security label", cursor)


def _about(kind: str, cursor: Cursor) -> Reading:
    if not cursor.accept("on") or not (what := _object(cursor)):
        return unparsed(kind, "ddl")
    relation: str | None = None
    if what in RELATIONS:
        relation = cursor.qualified()
    elif what == "column":
        relation = _without_last(cursor)
    elif what in ON_RELATION:
        relation = _on(cursor)
    return ddl(kind, relations=(relation,))


def _without_last(cursor: Cursor) -> str | None:
    """The relation of a column: all of the name but its last part."""
    end = cursor.at + 1
    while end + 1 < cursor.end and cursor.words[end].key == ".":
        end += 2
    return cursor.part(cursor.at, end - 2).qualified()


def grant(cursor: Cursor) -> Reading:
    """GRANT privileges ON … TO …, or GRANT role TO …"""
    return _privileges("grant", cursor)


def revoke(cursor: Cursor) -> Reading:
    """REVOKE privileges ON … FROM …, or REVOKE role FROM …"""
    return _privileges("revoke", cursor)


def _privileges(kind: str, cursor: Cursor) -> Reading:
    relations: list[str] = []
    if cursor.find("on") and cursor.peek().key != "all":
        what = _object(cursor)
        if what in ("", "table", "sequence"):
            relations = listed(cursor)
    return Reading(kind=kind, effects=frozenset({"grant"}), relations=named(relations), parsed=True)


def import_(cursor: Cursor) -> Reading:
    """IMPORT FOREIGN SCHEMA …"""
    return ddl("import foreign schema") if cursor.accept("foreign", "schema") else unparsed("import", "ddl")


def reassign(cursor: Cursor) -> Reading:
    """REASSIGN OWNED BY …"""
    return ddl("reassign owned", "grant") if cursor.accept("owned") else unparsed("reassign", "ddl")
