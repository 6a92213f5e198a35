"""Rules meet a catalog: what each column of one database is, by OID and attribute number.

A classified column raises what holds the same data: partitions and inheritance relatives, generated columns and
materialized views, which no statement's tree connects with it.
"""

import sys
from array import array
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from proxy.analysis.definitions import stored
from proxy.analysis.related import Derivation, derivations, related_columns
from proxy.catalog.snapshot import Relation, Snapshot
from proxy.decide.documents import Parts, classified_as, documents, parts_of, rest_of
from proxy.model import Attnum, Classification, Classified, ColumnId, Level, Oid
from proxy.policy.classifier import Classifier
from proxy.policy.data_catalogs import COUNTERS, COUNTING_VIEW, FIRST_NORMAL_OID, holds_data
from proxy.policy.exposure import Exposure
from proxy.policy.rules import DEFAULT_LABEL, DERIVED_LABEL, Rules, Subject

CATALOG_RULE: Final = "built in: catalogs that hold data"
STORED_RULE: Final = "built in: definitions in which a constant meets a classified column"
UNPROVEN_RULE: Final = "built in: derived by code that is not proven"
_SIXTEEN_BITS: Final = 0xFFFF


def named_columns(rules: Rules, snapshot: Snapshot) -> dict[ColumnId, Classified]:
    """The columns that an entry of the rules names."""
    classifier = Classifier(rules, snapshot.database)
    found: dict[ColumnId, Classified] = {}
    for relation in snapshot.relations.values():
        _name_columns(relation, classifier, found)
    return found


def classify(rules: Rules, snapshot: Snapshot, named: Mapping[ColumnId, Classified] | None = None) -> Classification:
    """The classification of one database. Pure: the same rules and snapshot give the same. named: what the rules name,
    with what is remembered beside them."""
    found = dict(named_columns(rules, snapshot) if named is None else named)
    highest = max((known.level for known in found.values()), default=Level(0))
    ceiling = rules.top if rules.unclassified is None else max(highest, rules.unclassified)
    same, derived = related_columns(snapshot), derivations(snapshot)
    parts = parts_of(rules, snapshot, same)
    found = rest_of(rules, snapshot, parts, found)
    for relation in snapshot.relations.values():
        _guard_catalogs(relation, ceiling, found)
    _raise_relatives(_with_references(snapshot, same), derived, parts, found)
    if ceiling > 0:
        for column in (column for column, one in derived.items() if one.unproven):
            found[column] = Classified(ceiling, rule=UNPROVEN_RULE)
    held = documents(parts, found)
    found.update({column: known for column in held if (known := classified_as(column, parts, found)) is not None})
    classification = Classification(found, highest, rules.unclassified, stored(snapshot), held)
    if ceiling > 0:
        found.update(dict.fromkeys(_telling(classification), Classified(ceiling, rule=STORED_RULE)))
    return classification


def _with_references(
    snapshot: Snapshot, same: Mapping[ColumnId, frozenset[ColumnId]]
) -> Mapping[ColumnId, frozenset[ColumnId]]:
    """With a foreign key's other end: every value of a column that refers to another is one of that other's. Not the
    reverse: who paid may be secret, and who there is not."""
    found = dict(same)
    for relation in snapshot.relations.values():
        for attnum, referenced, there in relation.references:
            column = ColumnId(relation.oid, attnum)
            found[column] = found.get(column, frozenset()) | {ColumnId(referenced, there)}
    return found


def _telling(classification: Classification) -> frozenset[ColumnId]:
    """The catalogs' columns that hold a definition in which a constant meets a column above the lowest level."""
    anybody = Exposure(Subject("anybody", clearance=Level(0), top=Level(1)), classification)
    return frozenset(one.place for one in classification.stored if any(map(anybody.protects, one.meets)))


def _name_columns(relation: Relation, classifier: Classifier, found: dict[ColumnId, Classified]) -> None:
    if relation.oid < FIRST_NORMAL_OID:
        return
    for attnum, column in relation.columns.items():
        known = classifier.classified(relation.schema, relation.name, column.name)
        if known is not None:
            found[ColumnId(relation.oid, attnum)] = known


def _guard_catalogs(relation: Relation, level: Level, found: dict[ColumnId, Classified]) -> None:
    for attnum, column in relation.columns.items():
        if holds_data(relation.schema, relation.name, column.name):
            label = COUNTERS if relation.name == COUNTING_VIEW else "default"
            found[ColumnId(relation.oid, attnum)] = Classified(level, label, CATALOG_RULE)


def _raise_relatives(
    related: Mapping[ColumnId, frozenset[ColumnId]],
    derived: Mapping[ColumnId, Derivation],
    parts: Parts,
    found: dict[ColumnId, Classified],
) -> None:
    """Levels flow along inheritance, and from sources into what is derived from them, until nothing rises any more.
    found: of documents with parts what the rest of them is; relatives have the same parts."""
    changed = True
    while changed:
        changed = False
        for target, sources in related.items():
            rests = target in parts
            best = _highest(found.get(one) if rests else classified_as(one, parts, found) for one in sources)
            changed |= _rise(found, target, best, None)
        for target, one in derived.items():
            best = _highest(classified_as(source, parts, found) for source in one.sources)
            changed |= _rise(found, target, best, _label(one.direct, found))


def _rise(found: dict[ColumnId, Classified], target: ColumnId, best: Classified | None, label: str | None) -> bool:
    """Whether a column is of a higher level now. label: its type where no entry gives it one; None: that of best."""
    known = found.get(target)
    if best is None or (known is not None and known.level >= best.level):
        return False
    found[target] = best if label is None else replace(best, type=known.type if known else label)
    return True


def _label(direct: frozenset[ColumnId], found: Mapping[ColumnId, Classified]) -> str:
    """The type of a column that stores the values of others: theirs where they are unchanged and agree."""
    labels = {found[column].type if column in found else DEFAULT_LABEL for column in direct}
    return labels.pop() if len(labels) == 1 else DERIVED_LABEL


def _highest(candidates: Iterable[Classified | None]) -> Classified | None:
    return max((each for each in candidates if each is not None), key=lambda each: each.level, default=None)


def shield(snapshot: Snapshot, classification: Classification, subject: Subject) -> bytes:
    """The columns that the subject may not see in clear, packed as the lane takes them."""
    exposure = Exposure(subject, classification)
    keys = [_key(column) for column in classification.columns if exposure.protects(column)]
    if exposure.protects(ColumnId(Oid(sys.maxsize), Attnum(1))):  # whatever is not classified
        for relation in snapshot.relations.values():
            columns = (ColumnId(relation.oid, attnum) for attnum in relation.columns)
            keys += [_key(column) for column in columns if exposure.protects(column)]
    return array("Q", sorted(set(keys))).tobytes()


def _key(column: ColumnId) -> int:
    return int(column.relation) << 16 | (int(column.attnum) & _SIXTEEN_BITS)
