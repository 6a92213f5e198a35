"""Rules against the catalog of a database: what matches nothing, what fits badly, what was probably forgotten. Pure."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from proxy.catalog.snapshot import FIRST_NORMAL_OID, Column, Relation, RelationKind, Snapshot
from proxy.config.functions import trusted_problems
from proxy.config.problems import Place, Problem, Severity
from proxy.config.settings import Config
from proxy.model import Level
from proxy.policy.classifier import Classifier
from proxy.policy.names import ANY, NamePattern
from proxy.policy.rules import ClassifyEntry, Rules, Subject
from proxy.policy.sensitive import looks_like

HOLDS_ROWS: Final = frozenset(
    {RelationKind.TABLE, RelationKind.PARTITIONED, RelationKind.MATERIALIZED, RelationKind.FOREIGN, RelationKind.VIEW}
)
STORES: Final = HOLDS_ROWS - {RelationKind.VIEW}
Misfit: TypeAlias = Callable[[ClassifyEntry, Column, Snapshot], str]
"""Why the mask of an entry does not do for a column, in words; empty where it does."""


def against(rules: Rules, snapshots: Sequence[Snapshot], misfit: Misfit) -> tuple[Problem, ...]:
    """Every problem that the catalogs of all databases together show."""
    classifiers = [(Classifier(rules, snapshot.database), snapshot) for snapshot in snapshots]
    found = [problem for pair in classifiers for problem in _columns(rules, *pair, misfit)]
    used = frozenset().union(*(classifier.used for classifier, _ in classifiers))
    found += _unused(rules, used)
    found += _relations(rules, snapshots)
    found += _roles(rules, snapshots)
    found += trusted_problems(rules, snapshots)
    return tuple(dict.fromkeys(found))


def missing_keys(rules: Rules, config: Config) -> tuple[Problem, ...]:
    """Masks that pin a version of the key which is not listed."""
    return tuple(
        _problem(mask.place, f"{mask.label} pins version {version} of the key", "List it under keys.", Severity.ERROR)
        for mask in rules.masks.values()
        if (version := getattr(mask.method, "version", None)) is not None and version not in config.keys.versions
    )


def columns_of(snapshot: Snapshot) -> Iterator[tuple[Relation, Column]]:
    """Every column that a user could have made."""
    for relation in snapshot.relations.values():
        if relation.oid >= FIRST_NORMAL_OID and relation.kind in HOLDS_ROWS and not relation.temporary:
            yield from ((relation, column) for column in relation.columns.values())


def unclassified_but_sensitive(rules: Rules, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Columns that no entry names and that look like something: full name, and what it looks like. Empty where
    `unclassified` hides them from somebody anyway."""
    if rules.unclassified != Level(0):
        return ()
    classifier = Classifier(rules, snapshot.database)
    return tuple(
        (f"{relation.full_name}.{column.name}", looks)
        for relation, column in columns_of(snapshot)
        if relation.kind in STORES
        and (looks := looks_like(column.name)) is not None
        and classifier.entry_for(relation.schema, relation.name, column.name) is None
    )


def _columns(rules: Rules, classifier: Classifier, snapshot: Snapshot, misfit: Misfit) -> Iterator[Problem]:
    for relation, column in columns_of(snapshot):
        names = (relation.schema, relation.name, column.name)
        whole, parts = classifier.whole_for(*names), classifier.parts_for(*names)
        classifier.entry_for(*names)  # what speaks for it is in use
        for entry in (whole, *parts):
            if entry is not None and entry.level > 0 and (why := misfit(entry, column, snapshot)):
                hint = f'Name another mask for the type "{entry.type}", or give the column another type.'
                name = f"{relation.full_name}.{column.name}{f' {entry.json}' if entry.json else ''}"
                yield _warning(entry.place, f"the mask of {name}: {why}", hint)
        for entry in parts:
            if whole is not None and entry.level <= whole.level:
                what = f"{entry.json} of {relation.full_name}.{column.name} is not above the column's own level"
                yield _warning(entry.place, what, f"{whole.place} says as much of all of it.")
    for name, looks in unclassified_but_sensitive(rules, snapshot):
        hint = (
            f"Classify it: - {{column: {name}, level: {rules.levels[-1]}}}, or as {rules.levels[0]} if it is harmless."
        )
        yield Problem(
            Place(snapshot.database), f"{name} is not classified and looks like {looks}", hint, Severity.WARNING
        )


def _unused(rules: Rules, used: frozenset[ClassifyEntry]) -> Iterator[Problem]:
    """Entries that name a schema or table. Those that look for a column's name anywhere need not find one."""
    for entry in (entry for entries in rules.classify for entry in entries):
        if entry not in used and not (entry.column.schema.text == entry.column.table.text == ANY):
            yield _warning(entry.place, f"{entry.column} is no column", "Mend its name, or take the entry out.")


def _relations(rules: Rules, snapshots: Sequence[Snapshot]) -> Iterator[Problem]:
    known = {(one.schema, one.name) for snapshot in snapshots for one in snapshot.relations.values()}
    for rule in rules.firewall.rules if rules.firewall else ():
        for pattern in rule.when.relation:
            if not any(pattern.matches(*names) for names in known):
                yield _warning(rule.place, f"{pattern} is no relation: the rule {rule.name} never speaks for it")


def _roles(rules: Rules, snapshots: Sequence[Snapshot]) -> Iterator[Problem]:
    known = sorted({name for snapshot in snapshots for name in snapshot.roles})
    for subject in rules.subjects if known else ():
        for pattern in _missing((*subject.match.user, *subject.match.member_of), known):
            near = difflib.get_close_matches(pattern.text, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else ""
            yield _warning(subject.place, f"{_who(subject)} matches {pattern}, which is no role of the server", hint)


def _missing(patterns: Iterable[NamePattern], known: Sequence[str]) -> list[NamePattern]:
    return [pattern for pattern in patterns if not any(pattern.matches(name) for name in known)]


def _who(subject: Subject) -> str:
    return f"the subject {subject.name}"


def _warning(place: str, what: str, hint: str = "") -> Problem:
    return _problem(place, what, hint, Severity.WARNING)


def _problem(place: str, what: str, hint: str, severity: Severity) -> Problem:
    file, _, line = place.rpartition(":")
    return Problem(Place(file, int(line)) if line.isdigit() else Place(place), what, hint, severity)
