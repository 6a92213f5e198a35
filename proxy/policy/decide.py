"""The verdict on one statement of one subject: a pure function that has an answer for everything, and fails closed."""

from typing import Final

from proxy.model import (
    Action,
    Classification,
    ColumnTreatment,
    Decision,
    Footprint,
    Level,
    Reading,
)
from proxy.policy.exposure import Exposure, touched, unproven
from proxy.policy.firewall import Gate, Ruling, judge, judge_early
from proxy.policy.inference import guesses
from proxy.policy.reasons import HINTS, Reason
from proxy.policy.restrict import Case, Shape, objection, shape_of
from proxy.policy.rules import RuleAction, Subject
from proxy.policy.treat import treatments_of
from proxy.policy.utility import allowed, holds_literals_of_nobody, may_report_rows

OK: Final = "ok"
FIREWALL: Final = "firewall"
REPORTED: Final = "reported"
OBSERVED: Final = "observed"


def decide(
    reading: Reading,
    footprint: Footprint | None,
    subject: Subject,
    classification: Classification,
    gate: Gate | None,
) -> Decision:
    """What is done with a statement. footprint None: the server gives no tree of it (a utility command); of EXECUTE,
    FETCH and their kind it is that of what was prepared or declared. gate None: no rule file has a firewall."""
    exposure = Exposure(subject, classification)
    ruling = Ruling(RuleAction.ALLOW) if gate is None else judge(gate, reading, footprint)
    if ruling.action not in (RuleAction.ALLOW, RuleAction.REPORT):
        return _refused_by_rule(ruling, exposure, reading, footprint)
    verdict = _protect(reading, footprint, exposure)
    if isinstance(verdict, Reason):
        return refusal(verdict, exposure, reading, footprint)
    return Decision(
        action=Action.ALLOW,
        subject=subject.name,
        rule=ruling.rule,
        reason=_reason(ruling),
        treatments=verdict,
        tainted=tainted(reading, footprint, exposure),
        digest=meets_classified(reading, footprint, exposure),
        guesses=guesses(footprint, exposure) if footprint is not None and exposure.restricted else frozenset(),
        restricted=exposure.restricted,
    )


def decide_early(
    reading: Reading, subject: Subject, classification: Classification, gate: Gate | None
) -> Decision | None:
    """The refusal that a firewall rule settles by the text alone, without asking the server; None: ask it."""
    ruling = None if gate is None else judge_early(gate, reading)
    if ruling is None or ruling.action in (RuleAction.ALLOW, RuleAction.REPORT):
        return None
    return _refused_by_rule(ruling, Exposure(subject, classification), reading, None)


def refusal(reason: Reason, exposure: Exposure, reading: Reading, footprint: Footprint | None) -> Decision:
    """The decision that refuses for a reason of our own."""
    return Decision(
        action=Action.REFUSE,
        subject=exposure.subject.name,
        rule=reason.value,
        reason=reason.value,
        message=message_of(reason.value),
        hint=HINTS.get(reason, ""),
        tainted=exposure.restricted,
        digest=meets_classified(reading, footprint, exposure),
        restricted=exposure.restricted,
    )


def message_of(rule: str, words: str = "") -> str:
    """What the refused reads: the rule's own words, where it has some, and always its name."""
    refused = f'refused by pgwarden rule "{rule}"'
    return f"{words} ({refused})" if words else refused


def tainted(reading: Reading, footprint: Footprint | None, exposure: Exposure) -> bool:
    """Whether errors and notices of an allowed statement may tell what the subject may not see."""
    if not exposure.restricted:
        return False
    if footprint is None:
        return may_report_rows(reading)
    seen = exposure.among(touched(footprint))
    return bool(seen) or unproven(footprint) or exposure.within(footprint.written)


def meets_classified(reading: Reading, footprint: Footprint | None, exposure: Exposure) -> bool:
    """Whether literals and parameters may be values of a column above the lowest level."""
    if footprint is None:
        return not holds_literals_of_nobody(reading)
    levels = {exposure.level_of(column) for column in touched(footprint)}
    return unproven(footprint) or bool(levels - {Level(0)})


def _protect(reading: Reading, footprint: Footprint | None, exposure: Exposure) -> tuple[ColumnTreatment, ...] | Reason:
    """How the result columns look to the subject, or why the statement is refused."""
    if not exposure.restricted:
        return ()
    if footprint is None:
        return () if allowed(reading) else Reason.UTILITY
    if (reason := objection(Case(reading, footprint, exposure))) is not None:
        return reason
    treatments = treatments_of(footprint, exposure)
    if isinstance(treatments, Reason):
        return treatments
    match shape_of(reading, footprint):
        case Shape.ROWS | Shape.COPY:  # a stream of COPY is masked like rows, or its verdict refuses: server/copying.py
            return treatments
        case Shape.VIEW:
            return ()
        case Shape.PLAN:
            return Reason.EXPLAIN if treatments else ()
        case Shape.STORE:
            return Reason.LAUNDERING if treatments else ()
        case _:
            return Reason.UTILITY


def _reason(ruling: Ruling) -> str:
    if ruling.observed:
        return OBSERVED
    return REPORTED if ruling.action is RuleAction.REPORT else OK


def _refused_by_rule(ruling: Ruling, exposure: Exposure, reading: Reading, footprint: Footprint | None) -> Decision:
    return Decision(
        action=Action.REFUSE,
        subject=exposure.subject.name,
        rule=ruling.rule,
        reason=FIREWALL,
        sqlstate=ruling.sqlstate,
        message=message_of(ruling.rule, ruling.message),
        hint=ruling.hint,
        tainted=exposure.restricted,
        digest=meets_classified(reading, footprint, exposure),
        restricted=exposure.restricted,
    )
