"""What is known of one value while a tree is walked: where it comes from, and why that is not proven."""

from collections.abc import Iterable
from typing import Final

import msgspec

from proxy.model import ColumnId, Origin

NOTHING: Final[frozenset[ColumnId]] = frozenset()


class Value(msgspec.Struct, frozen=True):
    """direct: columns whose unchanged value it may be. computed: columns that it depends on in any other way. opaque:
    reasons, as stable codes with the object's name behind a colon. empty: NULL and nothing else."""

    direct: frozenset[ColumnId] = NOTHING
    computed: frozenset[ColumnId] = NOTHING
    opaque: frozenset[str] = frozenset()
    empty: bool = False

    @property
    def sources(self) -> frozenset[ColumnId]:
        """Every column that it depends on."""
        return self.direct | self.computed

    def origin(self) -> Origin:
        """In the words of the model: a column that it is and also depends on otherwise is not direct."""
        return Origin(self.sources, self.direct - self.computed, tuple(sorted(self.opaque)))

    def changed(self) -> "Value":
        """A value computed from this one."""
        return Value(NOTHING, self.sources, self.opaque) if self.direct or self.empty else self

    def depending(self, computed: frozenset[ColumnId]) -> "Value":
        """This value, chosen or withheld by columns."""
        return Value(self.direct, self.computed | computed, self.opaque) if computed else self

    def beside(self, other: "Value") -> "Value":
        """This value, chosen, checked or withheld by another."""
        if other.opaque or (other.sources and not other.sources <= self.computed):
            return Value(self.direct, self.computed | other.sources, self.opaque | other.opaque)
        return self

    def refused(self, reasons: frozenset[str]) -> "Value":
        """This value, of which something is not proven."""
        return Value(self.direct, self.computed, self.opaque | reasons) if reasons else self


CLEAN: Final = Value()
EMPTY: Final = Value(empty=True)


def opaque(reason: str) -> Value:
    """A value of which nothing is proven."""
    return Value(opaque=frozenset((reason,)))


def any_of(values: Iterable[Value]) -> Value:
    """A value that is one of several arms, of a set operation or a CASE. Where the statement's author chooses an arm
    that is no column (a constant, a parameter, an expression), none is a column's own any more: its mask beside the
    masks of others would tell who has the value that was guessed (rule 20). A constant NULL is not guessed."""
    found = [value for value in values if not value.empty]
    if len(found) <= 1:
        return found[0] if found else EMPTY
    either = all_of(found)
    return either if all(value.direct for value in found) else either.changed()


def all_of(values: Iterable[Value]) -> Value:
    """What is known of several values together, each as it is."""
    found = [value for value in values if value is not CLEAN and not value.empty]
    if len(found) <= 1:
        return found[0] if found else CLEAN
    return Value(
        frozenset().union(*(value.direct for value in found)),
        frozenset().union(*(value.computed for value in found)),
        frozenset().union(*(value.opaque for value in found)),
    )


def mix_of(values: Iterable[Value]) -> Value:
    """A value computed from several."""
    return all_of(values).changed()
