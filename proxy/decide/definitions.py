"""Which texts of stored definitions a subject may read word for word.

Of a place that holds any definition in which a constant meets a column that the subject may not see, a text passes
only where the catalog was seen to show it for other definitions, and for none of those. Whatever the server prints in
another way (another search_path, another DateStyle) is in no list and loses its constants. Only who may see everything
can add to the list: a restricted subject makes no tables, indexes, policies or comments, and views are not listed; else
it could store its guess and look whether it passes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from proxy.masking.definitions import comment_mask, definition_mask
from proxy.masking.kernels import ColumnMask
from proxy.model import Classification, ColumnId, Oid
from proxy.policy.exposure import Exposure
from proxy.policy.rules import Subject

COMMENTS: Final = Oid(2609)
"""pg_description: its texts are no SQL, so none of a text that is not listed is given."""


class Definitions:
    """The masks of stored definitions for one subject."""

    def __init__(self, subject: Subject, classification: Classification) -> None:
        self._exposure = Exposure(subject, classification)
        self._masks: dict[frozenset[ColumnId], ColumnMask] = {}
        self._texts: Mapping[ColumnId, tuple[frozenset[str], frozenset[str]]] | None = None

    def mask(self, columns: frozenset[ColumnId]) -> ColumnMask:
        """The mask of a text that may be any of those in these columns."""
        if (made := self._masks.get(columns)) is None:
            made = self._masks[columns] = self._make(columns)
        return made

    def _make(self, columns: frozenset[ColumnId]) -> ColumnMask:
        texts = self._sorted_out()
        found = [texts.get(column, (frozenset(), frozenset())) for column in columns]
        safe = frozenset[str]().union(*(harmless for harmless, _ in found))
        known = [
            text.encode("utf-8", "surrogateescape") for text in safe - frozenset().union(*(one[1] for one in found))
        ]
        comments = any(column.relation == COMMENTS for column in columns)
        return comment_mask(known) if comments else definition_mask(known)

    def _sorted_out(self) -> Mapping[ColumnId, tuple[frozenset[str], frozenset[str]]]:
        """By place the texts of harmless definitions and those of the others."""
        if self._texts is None:
            found: dict[ColumnId, tuple[set[str], set[str]]] = {}
            for one in self._exposure.classification.stored:
                telling = bool(self._exposure.among(one.meets))
                found.setdefault(one.place, (set(), set()))[telling].update(one.texts)
            self._texts = MappingProxyType(
                {place: (frozenset(harmless), frozenset(telling)) for place, (harmless, telling) in found.items()}
            )
        return self._texts
