"""Which columns a subject may not see, and where a statement meets them."""

from collections.abc import Iterable
from typing import Final

import msgspec

from proxy.model import Attnum, Classification, ColumnId, Document, Footprint, Level, Oid, Origin
from proxy.policy.data_catalogs import COUNTERS, DATA_RELATIONS, FIRST_NORMAL_OID
from proxy.policy.documents import met
from proxy.policy.rules import Subject

WHOLE_ROW: Final = Attnum(0)


class Exposure(msgspec.Struct, frozen=True):
    """A subject before the classified columns of a database."""

    subject: Subject
    classification: Classification

    @property
    def ceiling(self) -> Level | None:
        """The level of the most protected column there may be; None: above all but the highest clearance."""
        unclassified = self.classification.unclassified
        return None if unclassified is None else max(unclassified, self.classification.highest)

    @property
    def restricted(self) -> bool:
        """Whether there is anything that the subject may not see."""
        return self._below(self.ceiling)

    @property
    def definitions(self) -> frozenset[ColumnId]:
        """The catalogs' columns that hold stored definitions."""
        return frozenset(one.place for one in self.classification.stored)

    def counts(self, columns: Iterable[ColumnId]) -> bool:
        """Whether all of them are counters of what was read and run."""
        known = self.classification.columns
        return {
            column in known and column.relation < FIRST_NORMAL_OID and known[column].type == COUNTERS
            for column in columns
        } == {True}

    def protects(self, column: ColumnId) -> bool:
        """Whether a column is above the subject's clearance."""
        return self._below(self.level_of(column))

    def hides(self, level: Level) -> bool:
        """Whether a level is above the subject's clearance."""
        return self._below(level)

    def protects_rest(self, document: Document) -> bool:
        """Whether what is in no part of a document is above the subject's clearance."""
        return self._below(self._level_of_rest(document))

    def level_of(self, column: ColumnId) -> Level | None:
        """A column's level; None where `unclassified: mask` speaks, which is above all but the highest clearance."""
        if column.path:
            return self._level_of_part(column)
        if column.relation in DATA_RELATIONS:
            return self.ceiling
        if column.attnum == WHOLE_ROW:
            return self._level_of_row(column.relation)
        if (known := self.classification.columns.get(column)) is not None:
            return known.level if column.relation >= FIRST_NORMAL_OID else self.ceiling
        if column.attnum < 0 or column.relation < FIRST_NORMAL_OID:
            return Level(
                0
            )  # ctid and its kind; the catalogs' own columns, of which those that hold data are classified
        return self.classification.unclassified

    def among(self, columns: Iterable[ColumnId]) -> frozenset[ColumnId]:
        """Those that are protected."""
        return frozenset(column for column in columns if self.protects(column))

    def within(self, relations: frozenset[Oid]) -> bool:
        """Whether some relation has a protected column."""
        return any(self.protects(ColumnId(relation, WHOLE_ROW)) for relation in relations)

    def _below(self, level: Level | None) -> bool:
        return self.subject.clearance < (self.subject.top if level is None else level)

    def _level_of_part(self, column: ColumnId) -> Level | None:
        """That of the column without its parts, or of the highest part that a path meets."""
        document = self.classification.documents.get(column.whole)
        if document is None:
            return self.level_of(column.whole)
        rest = self._level_of_rest(document)
        return None if rest is None else max([rest, *(part.level for part in met(column.path, document.parts))])

    def _level_of_rest(self, document: Document) -> Level | None:
        return document.rest.level if document.rest is not None else self.classification.unclassified

    def _level_of_row(self, relation: Oid) -> Level | None:
        levels = [known.level for column, known in self.classification.columns.items() if column.relation == relation]
        if relation >= FIRST_NORMAL_OID:
            if self.classification.unclassified is None:
                return None
            levels.append(self.classification.unclassified)
        return max(levels, default=Level(0))


def columns_of(origin: Origin) -> frozenset[ColumnId]:
    """Every column that a value may depend on."""
    return origin.sources | origin.direct


def touched(footprint: Footprint) -> frozenset[ColumnId]:
    """Every column that a statement meets in any way."""
    written = {write.column for write in footprint.writes}
    origins = [output.origin for output in footprint.outputs] + [write.origin for write in footprint.writes]
    uses = footprint.filtered | footprint.sorted | footprint.grouped | footprint.joined
    return frozenset().union(footprint.reads, written, uses, *map(columns_of, origins))


def unproven(footprint: Footprint) -> bool:
    """Whether something about a statement could not be proven."""
    origins = [output.origin for output in footprint.outputs] + [write.origin for write in footprint.writes]
    return bool(footprint.opaque) or any(origin.opaque for origin in origins)
