"""What would change a verdict: for each reason to refuse, the entries of the rules that decide it, and their places."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from proxy.app.explanation import Source
from proxy.app.wording import words_for
from proxy.decide.words import Judgement
from proxy.model import Action, ColumnId
from proxy.policy.decide import FIREWALL
from proxy.policy.exposure import Exposure, columns_of, touched
from proxy.policy.restrict import Shape, shape_of
from proxy.policy.rules import Inference, Rules, Subject
from proxy.policy.treat import is_bare

MOST: Final = 4
"""Columns that are named; a statement may meet hundreds."""


class Refused(msgspec.Struct, frozen=True):
    """A refused command before the rules. source: how a column is told to people."""

    judged: Judgement
    exposure: Exposure
    rules: Rules
    source: Callable[[ColumnId], Source]

    @property
    def subject(self) -> Subject:
        """Who is asking."""
        return self.exposure.subject

    @property
    def protected(self) -> frozenset[ColumnId]:
        """The columns above the clearance that the command meets."""
        footprint = self.judged.footprint
        return frozenset() if footprint is None else self.exposure.among(touched(footprint))

    def says(self, key: str, value: object) -> str:
        """What the subject's entry holds now, and where it stands."""
        return f"subject {self.subject.name} ({self.subject.place or 'built in'}) has {key}: {value}"

    def entries(self, columns: Iterable[ColumnId]) -> list[str]:
        """The entries that give columns their level."""
        shown = sorted({self.source(column) for column in columns}, key=lambda one: one.column)
        named = [f"{one.column} is {one.level} by {one.rule}" for one in shown[:MOST]]
        return named + ([f"and {len(shown) - MOST} more columns"] if len(shown) > MOST else [])


def advice_for(refused: Refused) -> tuple[str, ...]:
    """Lines that say what stands where; none for what is allowed."""
    decision = refused.judged.decision
    if decision.action is Action.ALLOW:
        return ()
    if decision.reason == FIREWALL:
        return _firewall(refused)
    return tuple(REMEDIES.get(decision.reason, _clearance)(refused))


def _firewall(refused: Refused) -> tuple[str, ...]:
    firewall, name = refused.rules.firewall, refused.judged.decision.rule
    for at, rule in enumerate(() if firewall is None else firewall.rules):
        if rule.name == name:
            earlier = " and the rules before it do not fit" if at else ""
            return (
                f"all conditions of rule {name} ({rule.place}) hold{earlier}",
                "an earlier rule with action: allow would speak first; mode: observe would only report",
            )
    return ("no rule of the firewall fits, and otherwise: refuse speaks",)


def _inference(refused: Refused) -> list[str]:
    footprint = refused.judged.footprint
    if footprint is None:
        return _clearance(refused)
    among = refused.exposure.among
    used = {
        "filters": footprint.filtered, "joins": footprint.joined, "groups": footprint.grouped,
        "sorts": footprint.sorted, "would be told of by errors of what is computed": footprint.computed,
    }  # fmt: skip
    lines = [
        f"{refused.source(one).column} {how}" for how, those in used.items() for one in sorted(among(those))[:MOST]
    ]
    mode = refused.subject.inference
    lines.append(refused.says("inference", mode.value))
    unequal = among(footprint.filtered | footprint.joined | footprint.grouped) - footprint.equated
    if mode is Inference.NONE and not among(footprint.sorted) and not unequal:
        lines.append("inference: equality would allow it, and count each comparison; inference: open too")
    else:
        lines.append("inference: open would allow it")
    return lines + refused.entries(among(frozenset().union(*used.values())))


def _derived(refused: Refused) -> list[str]:
    footprint = refused.judged.footprint
    if footprint is None:
        return _clearance(refused)
    computed = [one for one in footprint.outputs if not is_bare(one.origin)]
    protected = [one for one in computed if refused.exposure.among(columns_of(one.origin))]
    lines = [f'column "{one.name}" is computed from what is protected' for one in protected[:MOST]]
    lines.append(refused.says("derived", refused.subject.derived.value))
    if refused.subject.inference is Inference.NONE:
        lines.append("derived: mask with inference: open would give a constant of its type")
    else:
        lines.append("derived: mask would give a constant of its type, derived: null NULL")
    return lines + refused.entries(refused.protected)


def _opaque(refused: Refused) -> list[str]:
    footprint = refused.judged.footprint
    reasons = set() if footprint is None else set(footprint.opaque)
    for output in () if footprint is None else footprint.outputs:
        reasons |= set(output.origin.opaque)
    lines = [words_for(reason) for reason in sorted(reasons)]
    lines.append(refused.says("opaque", refused.subject.opaque.value))
    functions = sorted(reason.partition(":")[2] for reason in reasons if reason.startswith("function:"))
    lines += [f"functions: trusted: … with {name} would take it as reading no data" for name in functions[:MOST]]
    lines.append("opaque: mask would give constants, in a plain SELECT; where rows may be chosen, with inference: open")
    return lines


def _laundering(refused: Refused) -> list[str]:
    footprint = refused.judged.footprint
    if footprint is None:
        return _clearance(refused)
    lines = [
        f"{refused.source(write.column).column} would receive {', '.join(_names(refused, columns_of(write.origin)))}"
        for write in footprint.writes
        if refused.exposure.among(columns_of(write.origin))
    ][:MOST]
    if shape_of(refused.judged.reading, footprint) is Shape.STORE:
        lines.append("the new relation would hold protected values")
    if footprint.volatile:
        lines.append("it calls a function with side effects, which protected values may not reach")
    return lines + _clearance(refused)


def _protected_write(refused: Refused) -> list[str]:
    footprint = refused.judged.footprint
    written = () if footprint is None else refused.exposure.among(write.column for write in footprint.writes)
    return [
        *(f"{refused.source(column).column} would be written" for column in sorted(written)[:MOST]),
        refused.says("writes", refused.subject.writes.value),
        "writes: allow would let it write what it may not see, and read the masks back",
        *refused.entries(written),
    ]


def _budget(refused: Refused) -> list[str]:
    budget = refused.subject.budget
    return [refused.says("budget", "none" if budget is None else f"{budget.probes} probes in {budget.seconds} s")]


def _catalog(refused: Refused) -> list[str]:
    top = refused.rules.levels[-1] if refused.rules.levels else "the highest"
    return [
        "system catalogs that hold data are at the level of the highest column of the database",
        f"{refused.says('clearance', _level(refused))}; {top} would see them",
    ]


def _utility(refused: Refused) -> list[str]:
    kind = refused.judged.reading.kind
    return [f"{kind} is not among the commands that are understood for a restricted reader", *_clearance(refused)]


def _clearance(refused: Refused) -> list[str]:
    return [
        refused.says("clearance", _level(refused)),
        *refused.entries(refused.protected),
        "no other option of the subject allows it: a higher clearance would, or lower levels of these columns",
    ]


def _level(refused: Refused) -> str:
    levels = refused.rules.levels
    return levels[min(int(refused.subject.clearance), len(levels) - 1)]


def _names(refused: Refused, columns: Iterable[ColumnId]) -> list[str]:
    return sorted(refused.source(one).column for one in refused.exposure.among(columns))[:MOST]


REMEDIES: Final[Mapping[str, Callable[[Refused], list[str]]]] = MappingProxyType(
    {
        "budget": _budget,
        "catalog-data": _catalog,
        "derived": _derived,
        "inference": _inference,
        "laundering": _laundering,
        "opaque": _opaque,
        "protected-write": _protected_write,
        "utility": _utility,
    }
)
"""By the reason's code; what is not here depends on clearance and levels alone."""
