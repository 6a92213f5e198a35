"""What is remembered of a database's columns beyond rules and catalog: what they were when they had another name, and
what has flowed into them. Frozen: every change gives another one."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol

import msgspec

from proxy.catalog.snapshot import Snapshot
from proxy.model import Classified, ColumnId, Level, Oid
from proxy.policy.flows import EVERY, NOWHERE, Flow
from proxy.policy.rules import Rules

AWAITED_FOR_S: Final = 86_400
"""How long a relation that a statement was to create is waited for: transactions may take their time."""
MOST_AWAITED: Final = 1_000
UNSEEN: Final = ("", "", "")
"""The names of a column that no snapshot has shown yet: its transaction has not ended, or it was made past pgwarden."""


class Why(Enum):
    """Why a column has a level that the rules do not say."""

    NAMED = "named"  # an entry of the rules names it, or did when it had another name
    FLOW = "flow"  # it has received values of that level


class Kept(msgspec.Struct, frozen=True):
    """One column: its names when it was classified, and what it is. level: by name, since levels may be added."""

    schema: str
    table: str
    column: str
    level: str
    type: str
    rule: str
    why: Why

    @property
    def names(self) -> tuple[str, str, str]:
        """Of schema, table and column."""
        return self.schema, self.table, self.column

    @property
    def full_name(self) -> str:
        """For people."""
        return ".".join(self.names)


class Awaited(msgspec.Struct, frozen=True):
    """A relation that a statement was to create, and what its columns are, by position. names: what it may be called,
    empty where the text does not say it; before: the relations that had such a name already."""

    names: tuple[str, ...]
    before: tuple[int, ...]
    newest: int
    columns: tuple[tuple[int, Kept], ...]
    since_s: int


class Memory(msgspec.Struct, frozen=True):
    """Of one database."""

    columns: Mapping[ColumnId, Kept] = {}
    awaited: tuple[Awaited, ...] = ()

    @property
    def unseen(self) -> bool:
        """Whether something holds protected values that no snapshot has shown yet."""
        return bool(self.awaited) or any(kept.names == UNSEEN for kept in self.columns.values())


class Keeper(Protocol):
    """Keeps memories where a restart finds them."""

    async def keep(self, memories: Mapping[str, Memory]) -> None:
        """By database. Returns when they are on disk, or when that has failed and was told."""


def level_named(rules: Rules, name: str) -> Level:
    """A level by its name; one that the rules no longer have counts as the highest."""
    return Level(rules.levels.index(name)) if name in rules.levels else rules.top


def kept_as(rules: Rules, known: Classified, names: tuple[str, str, str], why: Why) -> Kept:
    """What is remembered of a column."""
    return Kept(*names, level=rules.levels[known.level], type=known.type, rule=known.rule, why=why)


def raised(
    memory: Memory, rules: Rules, snapshot: Snapshot, flows: tuple[Flow, ...], created: tuple[str, ...], now_s: int
) -> Memory:
    """The memory after flows. created: the names that a relation may have which their statement creates."""
    columns, new = dict(memory.columns), list[tuple[int, Kept]]()
    for flow in flows:
        source = "what could not be told"
        if flow.source != NOWHERE:
            source = snapshot.column_name(flow.source.relation, flow.source.attnum)
        known = msgspec.structs.replace(flow.classified, rule=f"it has received values of {source}")
        if flow.column is None:
            new.append((flow.position, kept_as(rules, known, ("", "", ""), Why.FLOW)))
            continue
        relation = snapshot.relations.get(flow.column.relation)
        column = None if relation is None else relation.columns.get(flow.column.attnum)
        names = UNSEEN if relation is None or column is None else (relation.schema, relation.name, column.name)
        columns[flow.column] = kept_as(rules, known, names, Why.FLOW)
    awaited = memory.awaited
    if new:
        awaited = (*awaited, _awaiting(snapshot, created, tuple(new), now_s))[-MOST_AWAITED:]
    return Memory(columns, awaited)


def _awaiting(
    snapshot: Snapshot, created: tuple[str, ...], columns: tuple[tuple[int, Kept], ...], now_s: int
) -> Awaited:
    before = tuple(int(one.oid) for one in snapshot.relations.values() if one.name in created)
    return Awaited(created, before, max(map(int, snapshot.relations), default=0), columns, now_s)


def arrived(memory: Memory, snapshot: Snapshot, now_s: int) -> Memory:
    """The memory with the relations in it that were awaited and are there. They stay awaited for a while: another
    session may create the next one of that name in the same moment, and none of them may be missed."""
    if not memory.awaited:
        return memory
    columns, waiting = dict(memory.columns), list[Awaited]()
    for each in memory.awaited:
        for oid in _created(each, snapshot):
            relation = snapshot.relations[oid]
            attnums = sorted(relation.columns)
            for position, kept in each.columns:
                for attnum in attnums if position == EVERY else attnums[position - 1 : position]:
                    names = {"schema": relation.schema, "table": relation.name, "column": relation.columns[attnum].name}
                    columns.setdefault(ColumnId(oid, attnum), msgspec.structs.replace(kept, **names))
        if now_s - each.since_s <= AWAITED_FOR_S and not _created(each, snapshot):
            waiting.append(each)
    return Memory(columns, tuple(waiting))


def _created(awaited: Awaited, snapshot: Snapshot) -> list[Oid]:
    if not awaited.names:
        return [oid for oid in snapshot.relations if oid > awaited.newest]
    return [
        one.oid for one in snapshot.relations.values() if one.name in awaited.names and one.oid not in awaited.before
    ]
