"""What pgwarden would do with a statement, and why: probed at the server as the relay does, judged by the same decider.
Nothing is executed."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from proxy.app.asking import Asking, words_of
from proxy.app.catalog_login import log_in
from proxy.app.standing import stand_as
from proxy.app.wording import words_for
from proxy.catalog.loader import Connection, load
from proxy.catalog.snapshot import Snapshot
from proxy.config.load import load_rules
from proxy.config.settings import Config
from proxy.decide.masks import Masks
from proxy.decide.service import Decider
from proxy.decide.words import Judgement, Login, Place
from proxy.errors import BadStatement, UpstreamUnavailable
from proxy.masking.keys import Keys
from proxy.model import Action, ColumnId, Footprint, Origin, Reading, Treatment
from proxy.policy.exposure import Exposure
from proxy.policy.rules import Rules
from proxy.relay.moment import Moment, ask_moment, read_moment
from proxy.relay.probe import probe_texts, read_answers
from proxy.relay.words import Owe
from proxy.server.copying import inner_of_copy
from proxy.server.driver import lex_options
from proxy.server.judging import inner_text
from proxy.server.several import BY_NAME
from proxy.wire.messages.bare import Sync

TYPES: Final = "select pg_catalog.format_type(o, m) from rows from (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int4[])) t(o, m)"  # noqa: E501  one question
BY_NAME_UNKNOWN: Final = "what the session has declared or prepared: it decides FETCH, MOVE and EXECUTE"


class Question(msgspec.Struct, frozen=True):
    """Who would send what, and from where."""

    user: str
    database: str
    sql: str
    address: str = ""
    application: str = ""


class Source(msgspec.Struct, frozen=True):
    """A column of a table as the rules see it. rule: file:line of its entry, or why it has a level without one."""

    column: str
    level: str
    rule: str


class Column(msgspec.Struct, frozen=True):
    """One column of the result. provenance: clean (of no column), direct, derived or opaque."""

    name: str
    type: str
    provenance: str
    sources: tuple[Source, ...]
    mask: str


class Use(msgspec.Struct, frozen=True):
    """What the statement does with some columns besides returning them."""

    use: str
    columns: tuple[Source, ...]


class Unproven(msgspec.Struct, frozen=True):
    """Why something could not be proven, as a code and in words."""

    reason: str
    words: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict and what it rests on. proven: the server gave a tree."""

    allowed: bool
    subject: str
    clearance: str
    rule: str
    rule_at: str
    reason: str
    message: str
    hint: str
    kind: str
    effects: tuple[str, ...]
    proven: bool
    columns: tuple[Column, ...]
    uses: tuple[Use, ...]
    relations: tuple[str, ...]
    unproven: tuple[Unproven, ...]
    unknown: tuple[str, ...]
    warnings: tuple[str, ...]


class OneSnapshot:
    """The catalog of one database, read once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    async def snapshot(self, database: str) -> Snapshot:
        """The one."""
        return self._snapshot

    async def refresh(self, database: str) -> Snapshot:
        """The same: nothing changes here."""
        return self._snapshot


async def explain(config: Config, question: Question) -> Explanation:
    """Asks the server of a configuration. Raises WardenError; BadStatement holds the server's own message."""
    rules, keys = load_rules(config.rules), Keys(config.keys.versions, config.keys.current)
    connection = await log_in(config, question.database, purpose="explain")
    try:
        snapshot = await load(connection)
        with ThreadPoolExecutor(max_workers=1) as executor:
            decider = Decider(rules, keys, OneSnapshot(snapshot), executor)
            asking = await Asking.open(config, question.database)
            try:
                inquiry = _Inquiry(rules, decider, snapshot, asking)
                judged, place, unknown = await inquiry.judge(question, connection)
            finally:
                asking.close()
        return await _Report(rules, Masks(rules, keys), snapshot, place, judged).written(question, unknown, connection)
    finally:
        await connection.close()


class _Inquiry:
    """One statement at the server and before the decider."""

    def __init__(self, rules: Rules, decider: Decider, snapshot: Snapshot, asking: Asking) -> None:
        self._rules, self._decider, self._snapshot, self._asking = rules, decider, snapshot, asking

    async def judge(self, question: Question, connection: Connection) -> tuple[Judgement, Place, tuple[str, ...]]:
        unknown = await stand_as(self._asking, connection, question.user)
        asked = ask_moment(self._snapshot.server_version_num, end=Sync().encode(), owed_end=bytes((Owe.SYNC,)))
        moment = read_moment(await self._asking.ask(asked.frames))
        login = Login(question.user, question.database, question.address, question.application)
        place = await self._decider.place(login, moment.meaning)
        reading = await self._decider.read(question.sql, lex_options(moment))
        if (refused := self._decider.refuse_early(place, reading)) is not None:
            return refused, place, unknown
        if reading.kind in BY_NAME and place.restricted:
            return await self._decider.judge(place, reading, None), place, (*unknown, BY_NAME_UNKNOWN)
        trees = await self._probe(place, moment, reading, question.sql)
        return await self._decider.judge(place, reading, trees), place, unknown

    async def _probe(self, place: Place, moment: Moment, reading: Reading, sql: str) -> tuple[bytes, ...] | None:
        """The trees that the relay would have. The text is parsed in any case, so that the server can object to it."""
        trees = await self._parse(moment, sql)
        if reading.probe:
            return trees or None
        inner = inner_text(reading) if place.restricted else None
        if inner is None and place.restricted and reading.copy is not None:
            inner = (inner_of_copy(sql.encode(), 0) or b"").decode() or None
        return None if inner is None else await self._parse(moment, inner) or None

    async def _parse(self, moment: Moment, text: str) -> tuple[bytes, ...]:
        frames = await self._asking.ask(probe_texts(moment, [text.encode()]).frames)
        answers = read_answers(frames, moment, 1)
        if not answers.statements:
            raise UpstreamUnavailable("the server does not show how it understands a statement (debug_print_rewritten)")
        if (error := answers.statements[0].error) is not None:
            raise BadStatement(f"the server says: {words_of(error)} (SQLSTATE {error.sqlstate})")
        return answers.statements[0].trees


class _Report:
    """Turns OIDs into names and decisions into words."""

    def __init__(self, rules: Rules, masks: Masks, snapshot: Snapshot, place: Place, judged: Judgement) -> None:
        self._rules, self._masks, self._snapshot, self._place, self._judged = rules, masks, snapshot, place, judged
        self._exposure = Exposure(place.subject, place.classification)

    async def written(self, question: Question, unknown: tuple[str, ...], connection: Connection) -> Explanation:
        decision, footprint, facts = self._judged.decision, self._judged.footprint, self._judged.facts
        known = question.user in self._snapshot.roles
        return Explanation(
            allowed=decision.action is Action.ALLOW,
            subject=decision.subject,
            clearance=self._level(int(self._place.subject.clearance)),
            rule=decision.rule,
            rule_at=self._rule_at(decision.rule),
            reason=decision.reason,
            message=decision.message,
            hint=decision.hint,
            kind=facts.kind,
            effects=facts.effects,
            proven=footprint is not None,
            columns=() if footprint is None else await self._columns(footprint, connection),
            uses=() if footprint is None else self._uses(footprint),
            relations=facts.relations,
            unproven=() if footprint is None else _unproven(footprint),
            unknown=unknown,
            warnings=() if known else (f"there is no role {question.user} on this server",),
        )

    async def _columns(self, footprint: Footprint, connection: Connection) -> tuple[Column, ...]:
        outputs, treatments = footprint.outputs, self._judged.decision.treatments
        types = await connection.fetch(TYPES, [one.type_oid for one in outputs], [one.typmod for one in outputs])
        masks = [
            "" if how.treatment is Treatment.PASS else self._masks.method_name(how) for how in treatments
        ] or [""] * len(outputs)  # fmt: skip
        return tuple(
            Column(
                one.name,
                str(type_),
                provenance(one.origin),
                self._sources(one.origin.sources | one.origin.direct),
                mask,
            )
            for one, (type_,), mask in zip(outputs, types, masks, strict=True)
        )

    def _uses(self, footprint: Footprint) -> tuple[Use, ...]:
        found = {
            "read": footprint.reads,
            "filtered by": footprint.filtered,
            "joined by": footprint.joined,
            "grouped by": footprint.grouped,
            "sorted by": footprint.sorted,
            "written": frozenset(write.column for write in footprint.writes),
            "written from": frozenset().union(*(write.origin.sources for write in footprint.writes)),
        }
        return tuple(Use(use, self._sources(columns)) for use, columns in found.items() if columns)

    def _sources(self, columns: Iterable[ColumnId]) -> tuple[Source, ...]:
        return tuple(sorted(map(self._source, columns), key=lambda source: source.column))

    def _source(self, column: ColumnId) -> Source:
        level, known = self._exposure.level_of(column), self._place.classification.columns.get(column)
        name = self._snapshot.column_name(column.relation, column.attnum)
        rule = known.rule if known is not None else "not classified"
        return Source(name, "masked where unlisted" if level is None else self._level(int(level)), rule)

    def _level(self, level: int) -> str:
        return self._rules.levels[min(level, len(self._rules.levels) - 1)]

    def _rule_at(self, name: str) -> str:
        rules = () if self._rules.firewall is None else self._rules.firewall.rules
        return next((rule.place for rule in rules if rule.name == name), "")


def provenance(origin: Origin) -> str:
    """Where a value comes from, in one word."""
    if origin.opaque:
        return "opaque"
    if origin.direct:
        return "direct"
    return "derived" if origin.sources else "clean"


def _unproven(footprint: Footprint) -> tuple[Unproven, ...]:
    reasons = set(footprint.opaque).union(*(output.origin.opaque for output in footprint.outputs))
    return tuple(Unproven(reason, words_for(reason)) for reason in sorted(reasons))
