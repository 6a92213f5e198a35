"""What pgwarden would do with a statement, and why: probed at the server as the relay does, judged by the same decider.
Nothing is executed."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from proxy.analysis.provenance import explained
from proxy.analysis.tree import TreeReader
from proxy.app.advice import Refused, advice_for
from proxy.app.asking import Asking
from proxy.app.catalog_login import log_in
from proxy.app.explanation import Column, Explanation, Reached, Source, Unproven, Use, Written
from proxy.app.inquiry import Heard, Inquiry, Question
from proxy.app.state_file import StateFile
from proxy.app.underline import Mark
from proxy.app.wording import words_for
from proxy.catalog.encodings import codec_of
from proxy.catalog.loader import Connection, load
from proxy.catalog.parsing import MARK, tree_of
from proxy.catalog.snapshot import RelationKind, Snapshot
from proxy.config.load import load_rules
from proxy.config.settings import Config
from proxy.decide.bodies import Ask
from proxy.decide.masks import Masks
from proxy.decide.memory import Memory
from proxy.decide.service import Decider
from proxy.decide.words import Judgement
from proxy.errors import ConfigError
from proxy.masking.keys import Keys
from proxy.model import Action, ColumnId, Footprint, Origin, Treatment, Write
from proxy.policy.exposure import Exposure
from proxy.policy.rules import Rules

TYPES: Final = "select pg_catalog.format_type(o, m) from rows from (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int4[])) t(o, m)"  # noqa: E501  one question
VIEWS: Final = frozenset({RelationKind.VIEW, RelationKind.MATERIALIZED})
HOW: Final = {"filtered": "filtered by", "joined": "joined by", "grouped": "grouped by", "sorted": "sorted by"}
"""The words of model.Use for the uses that a footprint sums up."""


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

    async def checked(self, database: str) -> Snapshot:
        """The same."""
        return self._snapshot


async def explain(config: Config, question: Question) -> list[Explanation]:
    """Asks the server of a configuration about each command of a text. Raises WardenError."""
    rules, keys = load_rules(config.rules), Keys(config.keys.versions, config.keys.current)
    memories, warnings = _remembered(config)
    connection = await log_in(config, question.database, purpose="explain")
    try:
        snapshot = await load(connection)
        with ThreadPoolExecutor(max_workers=1) as executor:
            decider = Decider(rules, keys, OneSnapshot(snapshot), executor, memories=memories, ask=_asking(connection))
            asking = await Asking.open(config, question.database)
            try:
                heard = await Inquiry(decider, snapshot, asking).ask(question, connection)
            finally:
                asking.close()
        report = _Report(rules, Masks(rules, keys), snapshot)
        if question.user not in snapshot.roles:
            warnings = (*warnings, f"there is no role {question.user} on this server")
        return [await _Told(report, each).written(warnings, connection) for each in heard]
    finally:
        await connection.close()


def _remembered(config: Config) -> tuple[Mapping[str, Memory], tuple[str, ...]]:
    """What the proxy has learned of columns that were renamed or received protected values; without it a warning."""
    try:
        return StateFile(config.state_directory).load(), ()
    except ConfigError as error:
        return {}, (f"columns that were renamed or raised are not known here: {error}",)


def _asking(connection: Connection) -> Ask:
    """How the decider learns what the body of an SQL function does."""

    async def ask(_database: str, statement: str) -> str | None:
        return await tree_of(connection, statement, MARK)

    return ask


class _Report:
    """What all commands of a text share."""

    def __init__(self, rules: Rules, masks: Masks, snapshot: Snapshot) -> None:
        self.rules, self.masks, self.snapshot = rules, masks, snapshot
        self.codec = codec_of(snapshot.encoding)

    def level(self, level: int) -> str:
        """A level's name."""
        return self.rules.levels[min(level, len(self.rules.levels) - 1)]

    def rule_at(self, name: str) -> str:
        """Where a rule of the firewall stands; empty for what is none."""
        rules = () if self.rules.firewall is None else self.rules.firewall.rules
        return next((rule.place for rule in rules if rule.name == name), "")


class _Told:
    """Turns one command's OIDs into names and its decision into words."""

    def __init__(self, report: _Report, heard: Heard) -> None:
        self._report, self._heard = report, heard
        self._exposure = Exposure(heard.place.subject, heard.place.classification)

    async def written(self, warnings: tuple[str, ...], connection: Connection) -> Explanation:
        """All that is known of it."""
        heard, subject = self._heard, self._exposure.subject
        told = Explanation(
            command=heard.command,
            allowed=False,
            subject=subject.name,
            subject_at=subject.place,
            clearance=self._report.level(int(subject.clearance)),
            unknown=heard.unknown,
            warnings=warnings,
            error=heard.error,
        )
        return told if heard.judged is None else await self._judged(told, heard.judged, connection)

    async def _judged(self, told: Explanation, judged: Judgement, connection: Connection) -> Explanation:
        decision, footprint, facts = judged.decision, judged.footprint, judged.facts
        refused = Refused(judged, self._exposure, self._report.rules, self._source)
        footprint = None if footprint is None else self._with_places(footprint)
        relations = () if footprint is None else footprint.relations
        known = [one for oid in relations if (one := self._report.snapshot.relations.get(oid)) is not None]
        return Explanation(
            command=told.command,
            allowed=decision.action is Action.ALLOW,
            subject=decision.subject,
            subject_at=told.subject_at,
            clearance=told.clearance,
            rule=decision.rule,
            rule_at=self._report.rule_at(decision.rule),
            reason=decision.reason,
            message=decision.message,
            hint=decision.hint,
            advice=advice_for(refused),
            kind=facts.kind,
            effects=facts.effects,
            proven=footprint is not None,
            columns=() if footprint is None else await self._columns(footprint, judged, connection),
            uses=() if footprint is None else self._uses(footprint),
            writes=() if footprint is None else tuple(map(self._write, footprint.writes)),
            relations=facts.relations,
            views=tuple(sorted(one.full_name for one in known if one.kind in VIEWS)),
            unproven=() if footprint is None else _unproven(footprint),
            unknown=told.unknown,
            warnings=told.warnings,
        )

    def _with_places(self, footprint: Footprint) -> Footprint:
        """The footprint that decided, with what a second walk tells people; without it where that fails."""
        try:
            nodes = [node for tree in self._heard.trees for node in TreeReader().printed(tree)]
            ground = self._heard.place.ground
            told = explained(nodes, ground, self._heard.parsed.encode(self._report.codec))
        except (ValueError, LookupError):
            return footprint
        return told if len(told.outputs) == len(footprint.outputs) else footprint

    async def _columns(self, footprint: Footprint, judged: Judgement, connection: Connection) -> tuple[Column, ...]:
        outputs, treatments = footprint.outputs, judged.decision.treatments
        types = await connection.fetch(TYPES, [one.type_oid for one in outputs], [one.typmod for one in outputs])
        masks = [
            "" if how.treatment is Treatment.PASS else self._report.masks.method_name(how) for how in treatments
        ] or [""] * len(outputs)  # fmt: skip
        return tuple(
            Column(
                one.name,
                str(type_),
                provenance(one.origin),
                self._sources(one.origin.sources | one.origin.direct),
                mask,
                self._reached(one.origin),
            )
            for one, (type_,), mask in zip(outputs, types, masks, strict=True)
        )

    def _write(self, write: Write) -> Written:
        origin = write.origin
        return Written(
            self._source(write.column),
            provenance(origin),
            self._sources(origin.sources | origin.direct),
            self._reached(origin),
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
        places: dict[str, list[Reached]] = {}
        for use in footprint.uses:
            name = self._report.snapshot.column_name(use.column.relation, use.column.attnum)
            places.setdefault(HOW.get(use.how, use.how), []).append(Reached(name, self._mark(use.location)))
        told = [
            Use(use, self._sources(columns), tuple(places.pop(use, ()))) for use, columns in found.items() if columns
        ]
        columns = {how: {one.column for one in footprint.uses if HOW.get(one.how, one.how) == how} for how in places}
        return (*told, *(Use(how, self._sources(columns[how]), tuple(those)) for how, those in places.items()))

    def _reached(self, origin: Origin) -> tuple[Reached, ...]:
        return tuple(Reached(step.what, self._mark(step.location)) for step in origin.steps)

    def _mark(self, location: int) -> Mark | None:
        base, codec = self._heard.base, self._report.codec
        if location < 0 or base < 0:
            return None
        before = self._heard.parsed.encode(codec, "replace")[:location].decode(codec, "replace")
        return self._heard.source.mark(base + len(before.encode()))

    def _sources(self, columns: Iterable[ColumnId]) -> tuple[Source, ...]:
        return tuple(sorted(map(self._source, columns), key=lambda source: source.column))

    def _source(self, column: ColumnId) -> Source:
        classification = self._heard.place.classification
        level, known = self._exposure.level_of(column), classification.columns.get(column.whole)
        name = self._report.snapshot.column_name(column.relation, column.attnum)
        rule = known.rule if known is not None else "not classified"
        shown = "masked where unlisted" if level is None else self._report.level(int(level))
        return Source(" ".join((name, *column.path)), shown, rule, self._exposure.protects(column))


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
