"""What the columns of each database are under the rules in force, and what is remembered of them; worked out off the
loop, once for each catalog, rules and memory."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Final

import msgspec

from proxy.catalog.snapshot import Snapshot
from proxy.decide.classification import classify, named_columns, shield
from proxy.decide.memory import Keeper, Memory, arrived, raised
from proxy.decide.sticky import Stuck, hold
from proxy.model import Classification
from proxy.observe.clock import Clock
from proxy.policy.classifier import Classifier
from proxy.policy.flows import Flow
from proxy.policy.rules import OnFlow, Rules, Subject

MICRO: Final = 1_000_000


class Standing(msgspec.Struct, frozen=True):
    """Of one database at one moment. version: another one wherever a column may be something else; stuck: columns whose
    level no entry of the rules gives them under their present name."""

    version: int
    snapshot: Snapshot
    classification: Classification
    memory: Memory
    stuck: tuple[Stuck, ...]
    shields: dict[Subject, bytes]
    """Filled as subjects ask."""


class Standings:
    """Of all databases. keeper: None where nothing outlives the process. raised: told when columns take a level."""

    def __init__(
        self,
        rules: Rules,
        executor: Executor,
        clock: Clock,
        *,
        memories: Mapping[str, Memory],
        keeper: Keeper | None,
    ) -> None:
        self._rules, self._executor, self._clock, self._keeper = rules, executor, clock, keeper
        self._memories = dict(memories)
        self._known: dict[str, Standing] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._newest: dict[str, Snapshot] = {}
        self._version = 0
        self.flows = dict[str, int]()
        """By database, statements that moved values to columns of a lower level."""
        self.raised: list[Callable[[str, tuple[str, ...]], None]] = []

    def replace_rules(self, rules: Rules) -> None:
        """From now on under these."""
        self._rules = rules
        self._known.clear()

    def current(self) -> Mapping[str, Standing]:
        """By database, as far as they are worked out."""
        return self._known

    async def of(self, snapshot: Snapshot) -> Standing:
        """The columns of a snapshot, or of a newer one that has been seen: an older one lacks relations whose columns
        are remembered, and they would be forgotten. Callers that wait together share the work."""
        name, snapshot = memory_name(snapshot), self._newer(snapshot)
        if (known := self._fitting(name, snapshot)) is not None:
            return known
        async with self._locks.setdefault(name, asyncio.Lock()):
            while (known := self._fitting(name, snapshot)) is None:
                await self._work_out(name, snapshot)
                snapshot = self._newer(snapshot)
        return known

    def _newer(self, snapshot: Snapshot) -> Snapshot:
        seen = self._newest.get(snapshot.database)
        if seen is None or seen.identity != snapshot.identity or seen.serial <= snapshot.serial:
            seen = self._newest[snapshot.database] = snapshot
        return seen

    def _fitting(self, name: str, snapshot: Snapshot) -> Standing | None:
        known = self._known.get(snapshot.database)
        if known is None or known.memory is not self._memories.get(name):
            return None
        same = known.snapshot is snapshot or (known.snapshot.version == snapshot.version and not known.memory.awaited)
        return known if same else None

    async def _work_out(self, name: str, snapshot: Snapshot) -> None:
        rules, before = self._rules, self._memories.get(name, Memory())
        now_s = self._clock.now_us() // MICRO
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._executor, _worked_out, rules, snapshot, before, now_s)
        classification, stuck, after = found
        if rules is not self._rules or before is not self._memories.get(name, before):
            return  # the world has changed meanwhile: once more
        self._memories[name] = after
        self._version += 1
        self._known[snapshot.database] = Standing(self._version, snapshot, classification, after, stuck, {})
        if after is not before and self._keeper is not None:
            await self._keeper.keep(self._memories)

    def unseen(self, snapshot: Snapshot) -> bool:
        """Whether some relation holds protected values that no snapshot has shown yet."""
        return self._memories.get(memory_name(snapshot), Memory()).unseen

    async def shield(self, standing: Standing, subject: Subject) -> bytes:
        """The columns that a subject may not see in clear, as the lane takes them."""
        if (known := standing.shields.get(subject)) is None:
            loop = asyncio.get_running_loop()
            known = await loop.run_in_executor(
                self._executor, shield, standing.snapshot, standing.classification, subject
            )
            standing.shields[subject] = known
        return known

    async def flow(self, snapshot: Snapshot, flows: tuple[Flow, ...], created: tuple[str, ...]) -> bool:
        """A statement is about to move values to columns of a lower level: they take the level of what they receive, on
        disk as well, before it runs. It stays theirs where the statement fails. False: the rules only report it."""
        self.flows[snapshot.database] = self.flows.get(snapshot.database, 0) + 1
        rising = tuple(flow for flow in flows if self._raises(snapshot, flow))
        if not rising:
            return False
        name = memory_name(snapshot)
        now_s = self._clock.now_us() // MICRO
        self._memories[name] = raised(self._memories.get(name, Memory()), self._rules, snapshot, rising, created, now_s)
        if self._keeper is not None:
            await self._keeper.keep(self._memories)
        names = tuple(
            snapshot.column_name(each.column.relation, each.column.attnum)
            if each.column is not None
            else f"column {each.position or 'by column'} of {' or '.join(created) or 'a new relation'}"
            for each in rising
        )
        for tell in self.raised:
            tell(snapshot.database, names)
        return True

    def _raises(self, snapshot: Snapshot, flow: Flow) -> bool:
        said = None
        relation = snapshot.relations.get(flow.column.relation) if flow.column is not None else None
        if flow.column is not None and relation is not None and flow.column.attnum in relation.columns:
            name = relation.columns[flow.column.attnum].name
            entry = Classifier(self._rules, snapshot.database).whole_for(relation.schema, relation.name, name)
            said = None if entry is None else entry.on_flow
        return (said or self._rules.on_flow) is OnFlow.RAISE


def memory_name(snapshot: Snapshot) -> str:
    """The database that a memory is of: not its name, which another may have tomorrow."""
    return snapshot.identity or snapshot.database


def _worked_out(
    rules: Rules, snapshot: Snapshot, before: Memory, now_s: int
) -> tuple[Classification, tuple[Stuck, ...], Memory]:
    named = named_columns(rules, snapshot)
    stuck, after = hold(rules, snapshot, arrived(before, snapshot, now_s), named)
    found = dict(named)
    for each in stuck:
        found[each.column] = each.known
    return classify(rules, snapshot, found), stuck, before if after == before else after
