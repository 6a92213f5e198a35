"""Which columns hold documents with classified parts. Partitions and inheritance relatives hold the same documents, so
they have the same parts."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from proxy.catalog.snapshot import Column, Relation, Snapshot
from proxy.decide.masks import column_of
from proxy.masking import oids
from proxy.model import Classified, ColumnId, Document
from proxy.policy.classifier import Classifier
from proxy.policy.data_catalogs import FIRST_NORMAL_OID
from proxy.policy.documents import document_path, met
from proxy.policy.rules import Rules

Parts = Mapping[ColumnId, tuple[Classified, ...]]
DOCUMENTS = frozenset({oids.JSON, oids.JSONB})


def parts_of(rules: Rules, snapshot: Snapshot, same: Mapping[ColumnId, frozenset[ColumnId]]) -> Parts:
    """The classified parts of each column that holds documents. same: columns with the same data. A column of another
    type has no parts: what is said of them counts for all of it."""
    named = _named(rules, snapshot)
    found: dict[ColumnId, tuple[Classified, ...]] = {}
    for family in _families(named, same):
        parts = _merged(part for column in family for part in named.get(column, ()))
        found.update({column: parts for column in family if _holds_documents(snapshot, column)})
    return found


def _families(columns: Iterable[ColumnId], same: Mapping[ColumnId, frozenset[ColumnId]]) -> list[frozenset[ColumnId]]:
    """Each column with all that hold the same data, directly or through others."""
    families: list[frozenset[ColumnId]] = []
    for column in columns:
        if not any(column in family for family in families):
            family, waiting = {column}, [column]
            while waiting:
                fresh = same.get(waiting.pop(), frozenset()) - family
                family |= fresh
                waiting += fresh
            families.append(frozenset(family))
    return families


def _named(rules: Rules, snapshot: Snapshot) -> Parts:
    if not any(entry.json is not None for entries in rules.classify for entry in entries):
        return {}
    classifier = Classifier(rules, snapshot.database)
    found: dict[ColumnId, tuple[Classified, ...]] = {}
    for relation in snapshot.relations.values():
        if relation.oid >= FIRST_NORMAL_OID:
            found.update(_of_relation(relation, classifier))
    return found


def _of_relation(relation: Relation, classifier: Classifier) -> Parts:
    return {
        ColumnId(relation.oid, attnum): tuple(
            Classified(entry.level, entry.type, entry.place, document_path(entry.json or "")) for entry in entries
        )
        for attnum, column in relation.columns.items()
        if (entries := classifier.parts_for(relation.schema, relation.name, column.name))
    }


def _merged(parts: Iterable[Classified]) -> tuple[Classified, ...]:
    """Each part once, at its highest level."""
    found: dict[tuple[str, ...] | None, Classified] = {}
    for part in parts:
        if part.keys not in found or found[part.keys].level < part.level:
            found[part.keys] = part
    return tuple(found.values())


def _holds_documents(snapshot: Snapshot, column: ColumnId) -> bool:
    relation = snapshot.relations.get(column.relation)
    known = relation.columns.get(column.attnum) if relation is not None else None
    return known is not None and holds_documents(snapshot, known)


def holds_documents(snapshot: Snapshot, column: Column) -> bool:
    """Whether a column is of type json or jsonb, or of a domain over one."""
    return column_of(snapshot, column.type_oid, column.typmod).type_oid in DOCUMENTS


def rest_of(
    rules: Rules, snapshot: Snapshot, parts: Parts, found: Mapping[ColumnId, Classified]
) -> dict[ColumnId, Classified]:
    """What columns are besides their parts. found: what they are with them, by the rules or by what is remembered of
    them; only the latter is kept where they differ."""
    rest = dict(found)
    classifier = Classifier(rules, snapshot.database)
    for column in parts:
        relation = snapshot.relations[column.relation]
        names = (relation.schema, relation.name, relation.columns[column.attnum].name)
        if column not in found or found[column] != classifier.classified(*names):
            continue
        whole = classifier.whole_for(*names)
        rest.pop(column)
        if whole is not None:
            rest[column] = Classified(whole.level, whole.type, whole.place)
    return rest


def classified_as(column: ColumnId, parts: Parts, rest: Mapping[ColumnId, Classified]) -> Classified | None:
    """What a column is, or a part of one: the highest of the rest and of the parts that it meets."""
    here = parts.get(column.whole, ())
    candidates = [rest.get(column.whole), *(met(column.path, here) if column.path else here)]
    best = max((one for one in candidates if one is not None), key=lambda one: one.level, default=None)
    return best if best is None or best.keys is None else replace(best, keys=None)


def documents(parts: Parts, rest: Mapping[ColumnId, Classified]) -> dict[ColumnId, Document]:
    """In the words of the model."""
    return {column: Document(each, rest.get(column)) for column, each in parts.items()}
