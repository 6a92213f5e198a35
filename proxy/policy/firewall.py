"""The firewall: rules in order over what a statement does; the first whose conditions all hold speaks.

A condition holds, does not, or cannot be known: a relation without a name, a WHERE in a text that was not parsed.
What cannot be known counts as held where the rule refuses or reports, and as not held where it allows.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Final

import msgspec

from proxy.model import Footprint, Oid, Principal, Reading, Where
from proxy.policy.effects import effects_of
from proxy.policy.names import RelationPattern, split_name
from proxy.policy.rules import Firewall, FirewallMode, FirewallRule, RuleAction, Subject
from proxy.policy.subjects import in_networks

TRANSACTION: Final = "transaction"
OTHERWISE: Final = "otherwise"


class Gate(msgspec.Struct, frozen=True):
    """A firewall and what it must know beside the statement. names: `schema.table` of each relation of the footprint,
    a part quoted where it holds a dot."""

    firewall: Firewall
    principal: Principal
    subject: Subject
    names: Mapping[Oid, str]


class Ruling(msgspec.Struct, frozen=True):
    """What the firewall says. rule: the one that spoke, empty where none did."""

    action: RuleAction
    rule: str = ""
    observed: bool = False
    """It would have refused, but only observes."""
    sqlstate: str = "42501"
    message: str = ""
    hint: str = ""


class Holds(Enum):
    """Whether a condition is met."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Asked(msgspec.Struct, frozen=True):
    """A statement before the firewall. stage_complete: the server's tree is there, or there is none to come."""

    gate: Gate
    reading: Reading
    footprint: Footprint | None
    effects: frozenset[str]
    complete: bool


SPEAKS: Final[Mapping[RuleAction, frozenset[Holds]]] = {
    RuleAction.ALLOW: frozenset({Holds.YES}),
    RuleAction.REPORT: frozenset({Holds.YES, Holds.UNKNOWN}),
    RuleAction.REFUSE: frozenset({Holds.YES, Holds.UNKNOWN}),
}


def judge(gate: Gate, reading: Reading, footprint: Footprint | None) -> Ruling:
    """The ruling on a statement of which everything is known that ever will be."""
    asked = Asked(gate, reading, footprint, effects_of(reading, footprint), complete=True)
    for rule in gate.firewall.rules:
        if not _passed_over(rule, asked) and _holds(rule, asked) in SPEAKS.get(rule.action, frozenset(Holds)):
            return _ruling(gate.firewall, rule)
    return _otherwise(asked)


def judge_early(gate: Gate, reading: Reading) -> Ruling | None:
    """The ruling where the text alone settles it, so that a refusal need not ask the server; else None."""
    asked = Asked(gate, reading, None, effects_of(reading, None), complete=False)
    for rule in gate.firewall.rules:
        if _passed_over(rule, asked):
            continue
        match _holds(rule, asked):
            case Holds.YES:
                return _ruling(gate.firewall, rule)
            case Holds.UNKNOWN:
                return None
    return None


def _passed_over(rule: FirewallRule, asked: Asked) -> bool:
    """Transaction control is always allowed unless a rule names its effect."""
    return asked.effects == {TRANSACTION} and TRANSACTION not in rule.when.effect


def _otherwise(asked: Asked) -> Ruling:
    firewall = asked.gate.firewall
    if firewall.otherwise is RuleAction.ALLOW or asked.effects == {TRANSACTION}:
        return Ruling(RuleAction.ALLOW)
    return _ruling(firewall, FirewallRule(OTHERWISE, hint="No rule of the firewall allows this statement."))


def _ruling(firewall: Firewall, rule: FirewallRule) -> Ruling:
    observing = FirewallMode.OBSERVE in (firewall.mode, rule.mode)
    observed = observing and rule.action is RuleAction.REFUSE
    return Ruling(
        RuleAction.REPORT if observed else rule.action, rule.name, observed, rule.sqlstate, rule.message, rule.hint
    )


def _holds(rule: FirewallRule, asked: Asked) -> Holds:
    found = {condition(rule, asked) for condition in CONDITIONS}
    if Holds.NO in found:
        return Holds.NO
    return Holds.UNKNOWN if Holds.UNKNOWN in found else Holds.YES


def _known(holds: object) -> Holds:
    return Holds.YES if holds else Holds.NO


def _subject(rule: FirewallRule, asked: Asked) -> Holds:
    return _known(not rule.when.subject or asked.gate.subject.name in rule.when.subject)


def _principal(rule: FirewallRule, asked: Asked) -> Holds:
    when, principal = rule.when, asked.gate.principal
    names = (
        (when.user, principal.user),
        (when.database, principal.database),
        (when.application, principal.application),
    )
    fits = all(not patterns or any(pattern.matches(name) for pattern in patterns) for patterns, name in names)
    return _known(fits and in_networks(when.network, principal.client_addr))


def _effect(rule: FirewallRule, asked: Asked) -> Holds:
    if not rule.when.effect or rule.when.effect & asked.effects:
        return Holds.YES
    return Holds.NO if asked.complete else Holds.UNKNOWN


def _where(rule: FirewallRule, asked: Asked) -> Holds:
    if not rule.when.where:
        return Holds.YES
    if not asked.reading.parsed and asked.reading.where is Where.NONE:
        return Holds.UNKNOWN
    return _known(asked.reading.where in rule.when.where)


def _relation(rule: FirewallRule, asked: Asked) -> Holds:
    if not rule.when.relation:
        return Holds.YES
    if not asked.complete:
        return Holds.UNKNOWN
    if asked.footprint is None:
        return _relation_of_text(rule.when.relation, asked.reading)
    return _relation_of_tree(rule.when.relation, asked.footprint, asked.gate.names)


def _relation_of_tree(patterns: tuple[RelationPattern, ...], footprint: Footprint, names: Mapping[Oid, str]) -> Holds:
    oids = footprint.relations | footprint.written | footprint.locked
    if any(_fits(patterns, *split_name(names[oid])) for oid in oids & names.keys()):
        return Holds.YES
    return Holds.UNKNOWN if footprint.opaque or oids - names.keys() else Holds.NO


def _relation_of_text(patterns: tuple[RelationPattern, ...], reading: Reading) -> Holds:
    """Only the text names relations here: without a schema one may be any, and an unparsed text may hide some."""
    found = [split_name(name) for name in reading.relations]
    if any(schema and _fits(patterns, schema, table) for schema, table in found):
        return Holds.YES
    if not reading.parsed or any(_fits_table(patterns, table) for schema, table in found if not schema):
        return Holds.UNKNOWN
    return Holds.NO


def _fits(patterns: Iterable[RelationPattern], schema: str, table: str) -> bool:
    return any(pattern.matches(schema, table) for pattern in patterns)


def _fits_table(patterns: Iterable[RelationPattern], table: str) -> bool:
    return any(pattern.table.matches(table) for pattern in patterns)


CONDITIONS: Final[tuple[Callable[[FirewallRule, Asked], Holds], ...]] = (
    _subject,
    _principal,
    _effect,
    _where,
    _relation,
)
