"""The decider: where a session stands, what a text asks for, and what is done with it. Heavy work leaves the loop."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Final, Protocol

from msgspec.structs import replace

from proxy.analysis.ground import Ground
from proxy.catalog.snapshot import Snapshot
from proxy.decide.bodies import Ask, learn
from proxy.decide.definitions import Definitions
from proxy.decide.masks import Masks
from proxy.decide.memory import Keeper, Memory
from proxy.decide.own import beside
from proxy.decide.own_questions import Row, question_of
from proxy.decide.standing import MICRO, Standings
from proxy.decide.trees import Trees
from proxy.decide.trusted import trusted_oids
from proxy.decide.words import ContextId, Facts, Judgement, Login, Place
from proxy.masking.keys import Keys
from proxy.masking.rows import RowMask
from proxy.model import (
    Action,
    ColumnId,
    Decision,
    Footprint,
    Level,
    Literal,
    Oid,
    Principal,
    Reading,
    Treatment,
)
from proxy.observe.clock import SystemClock
from proxy.policy.decide import decide, decide_early
from proxy.policy.exposure import Exposure, touched, unproven
from proxy.policy.firewall import Gate
from proxy.policy.flows import FLOW, Flow, flowing, flows_of
from proxy.policy.inference import Budgets, over
from proxy.policy.names import split_name
from proxy.policy.rules import Rules, Subject
from proxy.policy.subjects import subject_of
from proxy.reading.read import glance, read
from proxy.reading.words import dotted

PLACES_KEPT: Final = 10_000
SHORT: Final = 2_000
"""Bytes of a text that is read at once: handing it to a thread would cost more than it takes."""


class Catalogs(Protocol):
    """Snapshots by database, loaded on first use."""

    async def snapshot(self, database: str) -> Snapshot:
        """The newest. Raises UpstreamUnavailable where there is none and none can be had."""

    async def refresh(self, database: str) -> Snapshot:
        """Loaded anew, because something has changed."""

    async def checked(self, database: str) -> Snapshot:
        """The newest, loaded anew where something but temporary relations has changed."""


class Texts(Protocol):
    """Who reads texts, elsewhere."""

    async def read(self, text: str, options: int = 0) -> Reading:
        """What a text asks for. Never raises."""


class Decider:
    """Decides statements under one set of rules, which `replace_rules` exchanges while sessions go on."""

    def __init__(
        self,
        rules: Rules,
        keys: Keys,
        catalogs: Catalogs,
        executor: Executor,
        *,
        memories: Mapping[str, Memory] = {},
        keeper: Keeper | None = None,
        budgets: Budgets | None = None,
        ask: Ask | None = None,
        texts: Texts | None = None,
    ) -> None:
        self._ask, self._texts = ask, texts
        self._catalogs, self._executor, self._keys = catalogs, executor, keys
        self.standings = Standings(rules, executor, SystemClock(), memories=memories, keeper=keeper)
        self._budgets, self._clock = budgets or Budgets(b""), SystemClock()
        self.probes: Counter[str] = Counter()
        """Distinct guesses at protected values, by subject."""
        self._rules, self._masks = rules, Masks(rules, keys)
        self._generation = 0
        self._trees, self._grounds = Trees(), dict[str, Ground]()
        self._places: OrderedDict[tuple[object, ...], Place] = OrderedDict()
        self._next = 1
        self._changes: Counter[str] = Counter()
        self._loaded: Counter[str] = Counter()
        """How many changes of a database the last snapshot that was loaded for their sake has in it."""
        self._restricted: set[str] = set()
        self._observers: list[Callable[[str | None], None]] = []

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self._rules

    def replace_rules(self, rules: Rules, keys: Keys) -> None:
        """From now on these decide; every session learns its place anew."""
        self._rules, self._keys, self._masks = rules, keys, Masks(rules, keys)
        self._generation += 1
        self._grounds.clear()  # they hold the functions that the rules trust
        self.standings.replace_rules(rules)
        self.moved(None)

    def observe(self, moved: Callable[[str | None], None]) -> None:
        """moved is called with a database whose catalog has changed, or None: all."""
        self._observers.append(moved)

    def moved(self, database: str | None) -> None:
        """Tells the sessions that their place may be another."""
        for each in self._observers:
            each(database)

    def changing(self, database: str) -> None:
        """A statement is about to change a catalog, or has done so: what restricted readers were proven before is
        proven no more. Not left to the next snapshot: a view may be replaced while a reader waits for its lock."""
        if database in self._restricted:
            self._changes[database] += 1
            self.moved(database)

    async def place(
        self, login: Login, meaning: tuple[str, ...], *, client_encoding: str = "UTF8", changed: bool = False
    ) -> Place:
        """Where a session stands. meaning: the settings that names and literals depend on. changed: the session has
        changed the catalog, so it is loaded again first."""
        seen = self._changes[login.database]
        behind = self._loaded[login.database] < seen  # a change that went through us: not left to the next poll
        load = self._catalogs.checked if behind else self._catalogs.snapshot
        snapshot = await (self._catalogs.refresh if changed else load)(login.database)
        if changed or behind:
            self._loaded[login.database] = max(self._loaded[login.database], seen)
        while True:  # until nothing has changed while we were at it: what is returned is of this moment
            generation, changes = self._generation, self._changes[login.database]
            found = await self._place(login, meaning, snapshot, client_encoding)
            if (generation, changes) == (self._generation, self._changes[login.database]):
                return found

    async def _place(self, login: Login, meaning: tuple[str, ...], snapshot: Snapshot, client_encoding: str) -> Place:
        principal = _principal(login, snapshot)
        subject = subject_of(self._rules, principal)
        standing = await self.standings.of(snapshot)
        restricted = Exposure(subject, standing.classification).restricted
        if restricted:
            self._restricted.add(login.database)
            meaning += (f"change {self._changes[login.database]}",)
        key = (self._generation, snapshot.database, snapshot.version, standing.version, subject, principal, meaning)
        if (known := self._places.get(key)) is None:
            self._next += 1
            known = self._places[key] = Place(
                id=ContextId(self._next),
                database=snapshot.database,
                principal=principal,
                subject=subject,
                subject_name=subject.name,
                classification=standing.classification,
                ground=self._ground(snapshot),
                client_encoding=client_encoding,
                restricted=restricted,
                shield=await self.standings.shield(standing, subject),
                definitions=Definitions(subject, standing.classification),
                flows=flowing(standing.classification),
            )
            if len(self._places) > PLACES_KEPT:
                self._places.popitem(last=False)
        return known

    def _ground(self, snapshot: Snapshot) -> Ground:
        known = self._grounds.get(snapshot.database)
        if known is None or known.snapshot is not snapshot:
            known = self._grounds[snapshot.database] = Ground(snapshot, trusted_oids(self._rules.trusted, snapshot))
        return known

    async def read(self, text: str, options: int = 0) -> Reading:
        """What a text asks for."""
        if self._texts is not None:
            return await self._texts.read(text, options)
        if len(text) <= SHORT:
            return read(text, options=options)
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: read(text, options=options))

    def glance(self, text: str, options: int = 0) -> Reading | None:
        """What is enough to ask the server about a text while it is read; None where the reading comes first: it may
        settle the matter, or the text is no plain query."""
        if self._rules.firewall is not None or len(text) > SHORT:
            return None
        return glance(text, options=options)

    async def judge(
        self, place: Place, reading: Reading, trees: Sequence[bytes] | None, literals: Sequence[Literal] = ()
    ) -> Judgement:
        """The decision on a statement, ready to be carried out. trees: the server's, None where it gives none of it."""
        loop = asyncio.get_running_loop()
        judged = await loop.run_in_executor(self._executor, self._judge, place, reading, trees, literals)
        while self._ask is not None and place.restricted and await learn(place.ground, judged.footprint, self._ask):
            judged = await loop.run_in_executor(self._executor, self._judge, place, reading, trees, literals)
        if judged.flows:
            created = tuple(split_name(name)[1] for name in judged.reading.relations)
            if await self.standings.flow(place.ground.snapshot, judged.flows, created):
                self.moved(place.database)  # before the statement runs: nobody reads on under the old level
        return judged

    def beside(self, place: Place, rows: Sequence[Row]) -> Place:
        """The place of one decision: with temporary relations of the session's own, as it answered own.question."""
        ground = beside(place.ground, trusted_oids(self._rules.trusted, place.ground.snapshot), rows)
        return replace(place, ground=ground)

    def _judge(
        self, place: Place, reading: Reading, trees: Sequence[bytes] | None, literals: Sequence[Literal]
    ) -> Judgement:
        footprint = None
        if trees is not None:
            footprint = self._trees.footprint(trees, place.ground, client_encoding=place.client_encoding)
        return self.judge_footprint(place, reading, footprint, literals)

    def judge_footprint(
        self, place: Place, reading: Reading, footprint: Footprint | None, literals: Sequence[Literal] = ()
    ) -> Judgement:
        """The same for a footprint that is known already: of a cursor, or of a prepared statement."""
        seen = footprint
        if footprint is not None and self._rules.firewall is not None:
            seen = replace(footprint, relations=_with_ancestors(place.ground.snapshot, footprint.relations))
        decision = decide(reading, seen, place.subject, place.classification, self._gate(place, footprint))
        flows = tuple[Flow, ...]()
        if decision.action is Action.ALLOW and place.flows:
            exposure = Exposure(place.subject, place.classification)
            flows = flows_of(reading, footprint, exposure, self._unseen(place, footprint))
        if flows:
            decision = replace(decision, rule=decision.rule or FLOW, reason=FLOW)
        mask: RowMask | None = None
        covered = b""
        if decision.action is Action.ALLOW and footprint is not None and decision.treatments:
            mask, covered = self._masks.row_mask(
                footprint.outputs,
                decision.treatments,
                place.ground.snapshot,
                place.definitions,
                client_encoding=place.client_encoding,
            )
        return Judgement(
            decision=decision,
            reading=reading,
            footprint=footprint,
            facts=self._facts(place, reading, footprint, decision),
            mask=mask,
            covered=covered,
            columns=-1 if footprint is None else len(footprint.outputs),
            by_text=_depends_on_literals(decision, footprint, literals),
            sets=footprint is not None and _sets(place.ground.snapshot, footprint),
            flows=flows,
        )

    def _unseen(self, place: Place, footprint: Footprint | None) -> Level | None:
        """The level of what no snapshot has shown yet, where a statement may read it."""
        if footprint is None or not unproven(footprint) or not self.standings.unseen(place.ground.snapshot):
            return None
        return place.classification.highest

    def own_question(self, names: Sequence[str]) -> str:
        """Asks which of some names, as a reading gives them, mean temporary relations of the session's own."""
        return question_of([split_name(name) for name in names])

    def refuse_early(self, place: Place, reading: Reading) -> Judgement | None:
        """The refusal that a firewall rule settles by the text alone: the server need not be asked."""
        decision = decide_early(reading, place.subject, place.classification, self._gate(place, None))
        if decision is None:
            return None
        facts = self._facts(place, reading, None, decision)
        return Judgement(decision=decision, reading=reading, footprint=None, facts=facts, by_text=True)

    def over_budget(self, place: Place, judged: Judgement, values: frozenset[bytes]) -> Judgement | None:
        """Counts the guesses of one execution; the refusal where they would go over the subject's budget."""
        subject: Subject = place.subject
        if subject.budget is None:
            return None
        who = (place.principal.user, subject.name, place.database)
        now_s = self._clock.now_us() // MICRO
        spent = self._budgets.spend(who, subject.budget, judged.decision.guesses, values, now_s)
        self.probes[subject.name] += spent.fresh
        return None if spent.allowed else replace(judged, decision=over(judged.decision, spent))

    def stricter(self, place: Place, columns: Sequence[tuple[Oid, int] | None]) -> tuple[RowMask, bytes]:
        """Typed constants for what a RowDescription showed and the decision did not expect."""
        return self._masks.redact(columns, place.ground.snapshot)

    def _gate(self, place: Place, footprint: Footprint | None) -> Gate | None:
        if self._rules.firewall is None:
            return None
        oids = frozenset() if footprint is None else footprint.relations | footprint.written | footprint.locked
        oids = _with_ancestors(place.ground.snapshot, oids)
        names = {
            oid: _quoted_name(place.ground.snapshot, oid) for oid in oids if oid in place.ground.snapshot.relations
        }
        return Gate(self._rules.firewall, place.principal, place.subject, names)

    def _facts(self, place: Place, reading: Reading, footprint: Footprint | None, decision: Decision) -> Facts:
        snapshot = place.ground.snapshot
        relations, columns, masked = reading.relations, tuple[str, ...](), list[tuple[str, str]]()
        if footprint is not None:
            oids = footprint.relations | footprint.written | footprint.locked
            relations = tuple(sorted(_relation_name(snapshot, oid) for oid in oids))
            columns = tuple(sorted(_column_name(snapshot, column) for column in touched(footprint)))
            if decision.treatments:
                for output, how in zip(footprint.outputs, decision.treatments, strict=True):
                    if how.treatment is not Treatment.PASS:
                        name = _column_name(snapshot, how.column) if how.column is not None else output.name
                        masked += self._masks.applied(how, name)
        return Facts(
            kind=reading.kind,
            effects=tuple(sorted(reading.effects)),
            relations=relations,
            columns=columns,
            masked=tuple(dict.fromkeys(masked)),
            disagreement=_disagreement(reading, relations, footprint),
        )


def _principal(login: Login, snapshot: Snapshot) -> Principal:
    return Principal(
        user=login.user,
        database=login.database,
        member_of=snapshot.member_of(login.user),
        superuser=login.user in snapshot.roles and snapshot.roles[login.user].superuser,
        client_addr=login.client_addr,
        application=login.application,
    )


def _relation_name(snapshot: Snapshot, oid: Oid) -> str:
    return snapshot.relations[oid].full_name if oid in snapshot.relations else str(oid)


def _column_name(snapshot: Snapshot, column: ColumnId) -> str:
    return snapshot.column_name(column.relation, column.attnum)


def _quoted_name(snapshot: Snapshot, oid: Oid) -> str:
    relation = snapshot.relations[oid]
    return dotted((relation.schema, relation.name))


def _with_ancestors(snapshot: Snapshot, oids: frozenset[Oid]) -> frozenset[Oid]:
    """Relations and what they are partitions or children of: a rule that names the parent means them too."""
    found, waiting = set(oids), list(oids)
    while waiting:
        relation = snapshot.relations.get(waiting.pop())
        fresh = [parent for parent in (relation.parents if relation else ()) if parent not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)


def _sets(snapshot: Snapshot, footprint: Footprint) -> bool:
    """Whether a function that sets something for the session is called."""
    called = (snapshot.functions.get(oid) for oid in footprint.functions)
    return any(one is not None and one.schema == "pg_catalog" and one.name == "set_config" for one in called)


def _depends_on_literals(decision: Decision, footprint: Footprint | None, literals: Sequence[Literal]) -> bool:
    """Whether another literal could make another decision: not where nothing protected is met, and not where the
    server's tree shows each literal of the text as a plain constant, at its place."""
    if footprint is None:
        return bool(literals)
    if not decision.restricted or (not decision.tainted and decision.action is Action.ALLOW):
        return False
    return not all(
        literal.start in footprint.constants or (literal.sign >= 0 and literal.sign in footprint.constants)
        for literal in literals
    )


def _disagreement(reading: Reading, relations: Sequence[str], footprint: Footprint | None) -> str:
    """A relation that the server found and the text does not seem to mention, views apart: worth a look."""
    if footprint is None or not reading.parsed or not reading.relations:
        return ""
    mentioned = {name.rpartition(".")[2].strip('"').lower() for name in reading.relations}
    found = {name.rpartition(".")[2].lower() for name in relations}
    missing = sorted(mentioned - found)
    return "the text names " + ", ".join(missing) if missing else ""
