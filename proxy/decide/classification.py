"""Rules meet a catalog: what each column of one database is, by OID and attribute number.

A classified column raises what holds the same data: partitions and inheritance relatives, generated columns and
materialized views, which no statement's tree connects with it.
"""

import sys
from array import array
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from proxy.analysis.related import derived_columns, related_columns, unproven_columns
from proxy.catalog.snapshot import Relation, Snapshot
from proxy.model import Attnum, Classification, Classified, ColumnId, Level, Oid
from proxy.policy.classifier import Classifier
from proxy.policy.data_catalogs import FIRST_NORMAL_OID, holds_data
from proxy.policy.exposure import Exposure
from proxy.policy.rules import Rules, Subject

CATALOG_RULE: Final = "built in: catalogs that hold data"
UNPROVEN_RULE: Final = "built in: derived by code that is not proven"
_SIXTEEN_BITS: Final = 0xFFFF


def classify(rules: Rules, snapshot: Snapshot) -> Classification:
    """The classification of one database. Pure: the same rules and snapshot give the same."""
    classifier = Classifier(rules, snapshot.database)
    found: dict[ColumnId, Classified] = {}
    for relation in snapshot.relations.values():
        _name_columns(relation, classifier, found)
    highest = max((known.level for known in found.values()), default=Level(0))
    ceiling = rules.top if rules.unclassified is None else max(highest, rules.unclassified)
    for relation in snapshot.relations.values():
        _guard_catalogs(relation, ceiling, found)
    _raise_relatives(snapshot, found)
    if ceiling > 0:
        for column in unproven_columns(snapshot):
            found[column] = Classified(ceiling, rule=UNPROVEN_RULE)
    return Classification(columns=found, highest=highest, unclassified=rules.unclassified)


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
            found[ColumnId(relation.oid, attnum)] = Classified(level, rule=CATALOG_RULE)


def _raise_relatives(snapshot: Snapshot, found: dict[ColumnId, Classified]) -> None:
    """Levels flow along inheritance, and from sources into what is derived from them, until nothing rises any more."""
    links = [(target, sources, True) for target, sources in related_columns(snapshot).items()]
    links += [(target, sources, False) for target, sources in derived_columns(snapshot).items()]
    changed = True
    while changed:
        changed = False
        for target, sources, same in links:
            best = _highest(found.get(source) for source in sources)
            known = found.get(target)
            if best is not None and (known is None or known.level < best.level):
                found[target] = best if same else replace(best, type=known.type if known else "default")
                changed = True


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
