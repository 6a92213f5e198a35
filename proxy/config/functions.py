"""`functions` of the rule files: what the analysis is told about functions that it cannot read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from proxy.catalog.routines import NONE
from proxy.catalog.snapshot import Function, Role, Snapshot
from proxy.config.decode import Word
from proxy.config.problems import Place, Problem, Problems, Severity
from proxy.decide.trusted import found, named
from proxy.model import Principal
from proxy.policy.rules import Rules
from proxy.policy.subjects import subject_of
from proxy.policy.trusted import EXAMPLE, Signature, TrustedFunction, signature_of

NOWHERE: Final = Place()


class FunctionsSection(msgspec.Struct, frozen=True):
    """`functions`. trusted: each returns what its arguments hold, and touches nothing."""

    trusted: tuple[Word, ...] = ()
    place: Place = NOWHERE


def build_trusted(sections: Iterable[FunctionsSection | None], problems: Problems) -> tuple[TrustedFunction, ...]:
    """The trusted functions of all files. An entry given twice is one."""
    known: dict[Signature, TrustedFunction] = {}
    for section in sections:
        for word in section.trusted if section is not None else ():
            try:
                signature = signature_of(word)
            except ValueError as error:
                problems.error(word.place, f'"{word}" is no function: {error}', EXAMPLE)
                continue
            known.setdefault(signature, TrustedFunction(signature, f"{word.place.file}:{word.place.line}"))
    return tuple(known.values())


def trusted_problems(rules: Rules, snapshots: Sequence[Snapshot]) -> Iterator[Problem]:
    """Entries that no database has, that others of the name stand beside, or that a restricted reader may rewrite."""
    for entry in rules.trusted:
        places = [(snapshot, one) for snapshot in snapshots if (one := found(entry.signature, snapshot)) is not None]
        if not places:
            others = sorted({one.full_name for snapshot in snapshots for one in named(entry.signature, snapshot)})
            hint = f"There is {others[0]} with other arguments." if others else "Mend its name, or take the entry out."
            yield _warning(entry, f"{entry.signature} is no function", hint)
        for snapshot, function in places:
            yield from _of_function(rules, entry, snapshot, function)


def _of_function(rules: Rules, entry: TrustedFunction, snapshot: Snapshot, function: Function) -> Iterator[Problem]:
    if len(named(entry.signature, snapshot)) > 1:
        hint = "A call with other arguments is another function; trust each that you have read."
        yield _warning(entry, f"{function.full_name} in {snapshot.database} is not the only one of its name", hint)
    for role in _restricted_owners(rules, snapshot, function):
        hint = "Give it an owner who sees everything: who owns a function may put other code into it."
        yield _warning(entry, f"{entry.signature} can be rewritten by {role.name}, who may not see everything", hint)


def _restricted_owners(rules: Rules, snapshot: Snapshot, function: Function) -> Iterator[Role]:
    """Roles that are the owner or may act as it, where the rules do not clear them for everything."""
    owner = snapshot.routines.facts.get(function.oid, NONE).owner
    for role in sorted(snapshot.roles.values(), key=lambda role: role.name):
        principal = Principal(user=role.name, database=snapshot.database, member_of=role.member_of)
        if owner in role.member_of and not role.superuser and subject_of(rules, principal).clearance < rules.top:
            yield role


def _warning(entry: TrustedFunction, what: str, hint: str) -> Problem:
    file, _, line = entry.place.rpartition(":")
    return Problem(Place(file, int(line)) if line.isdigit() else Place(entry.place), what, hint, Severity.WARNING)
