"""A column once classified keeps its level by (table OID, attribute number), whatever it is called later, until an
entry of the rules names it as it is called now. Pure."""

from typing import Final

import msgspec

from proxy.catalog.snapshot import Column, Relation, Snapshot
from proxy.decide.memory import UNSEEN, Kept, Memory, Why, kept_as, level_named
from proxy.model import Classified, ColumnId
from proxy.policy.classifier import Classifier
from proxy.policy.rules import ClassifyEntry, OnFlow, Rules

RENAMED: Final = "it was {} when {} named it"


class Stuck(msgspec.Struct, frozen=True):
    """A column that has a level which no entry of the rules gives it under its present name."""

    column: ColumnId
    name: str
    kept: Kept
    known: Classified


def hold(
    rules: Rules, snapshot: Snapshot, memory: Memory, named: dict[ColumnId, Classified]
) -> tuple[tuple[Stuck, ...], Memory]:
    """What sticks beside what the rules name, and what is to be remembered from now on."""
    classifier = Classifier(rules, snapshot.database)
    stuck, unseen = list[Stuck](), dict[ColumnId, Kept]()
    for column, kept in memory.columns.items():
        relation = snapshot.relations.get(column.relation)
        found = None if relation is None else relation.columns.get(column.attnum)
        if kept.names == UNSEEN and (relation is None or found is None):
            unseen[column] = kept
        if relation is None or found is None:
            continue  # the column is gone, and its number is never given again
        if kept.names == UNSEEN:
            kept = msgspec.structs.replace(kept, schema=relation.schema, table=relation.name, column=found.name)
        if (one := _stuck(rules, classifier, column, kept, relation, found)) is not None:
            stuck.append(one)
    columns = unseen | {each.column: each.kept for each in stuck}
    for column, known in named.items():
        if column not in columns:
            relation = snapshot.relations[column.relation]
            names = (relation.schema, relation.name, relation.columns[column.attnum].name)
            columns[column] = kept_as(rules, known, names, Why.NAMED)
    return tuple(stuck), Memory(columns, memory.awaited)


def _stuck(
    rules: Rules, classifier: Classifier, column: ColumnId, kept: Kept, relation: Relation, found: Column
) -> Stuck | None:
    names = (relation.schema, relation.name, found.name)
    entry = classifier.entry_for(*names) if kept.why is Why.NAMED else classifier.whole_for(*names)
    level = level_named(rules, kept.level)
    if entry is not None and (entry.level >= level or _releases(entry, kept)):
        return None
    if kept.why is Why.NAMED and names == kept.names:
        return None  # the rules have changed, not the column
    rule = kept.rule if kept.why is Why.FLOW else RENAMED.format(kept.full_name, kept.rule)
    return Stuck(column, ".".join(names), kept, Classified(level, kept.type, rule))


def _releases(entry: ClassifyEntry, kept: Kept) -> bool:
    """Whether an entry says otherwise: of a renamed column one that names it in full, without a pattern; of one that
    has received values one that lets them in."""
    if kept.why is Why.FLOW:
        return entry.on_flow is OnFlow.REPORT
    parts = (entry.column.schema, entry.column.table, entry.column.column)
    return entry.json is None and all(part.word is not None for part in parts)
