"""What is known of one value while a tree is walked: where it comes from, and why that is not proven."""

from collections.abc import Iterable
from typing import Final

import msgspec

from proxy.model import ColumnId, Origin

NOTHING: Final[frozenset[ColumnId]] = frozenset()


class Value(msgspec.Struct, frozen=True):
    """direct: columns whose unchanged value it may be. computed: columns that it depends on in any other way. opaque:
    reasons, as stable codes with the object's name behind a colon."""

    direct: frozenset[ColumnId] = NOTHING
    computed: frozenset[ColumnId] = NOTHING
    opaque: frozenset[str] = frozenset()

    @property
    def sources(self) -> frozenset[ColumnId]:
        """Every column that it depends on."""
        return self.direct | self.computed

    def origin(self) -> Origin:
        """In the words of the model: a column that it is and also depends on otherwise is not direct."""
        return Origin(self.sources, self.direct - self.computed, tuple(sorted(self.opaque)))

    def changed(self) -> "Value":
        """A value computed from this one."""
        return Value(NOTHING, self.sources, self.opaque) if self.direct else self

    def depending(self, computed: frozenset[ColumnId]) -> "Value":
        """This value, chosen or withheld by others."""
        return Value(self.direct, self.computed | computed, self.opaque) if computed else self


CLEAN: Final = Value()


def opaque(reason: str) -> Value:
    """A value of which nothing is proven."""
    return Value(opaque=frozenset((reason,)))


def any_of(values: Iterable[Value]) -> Value:
    """A value that is one of several, as the arms of a set operation or a CASE are."""
    found = [value for value in values if value is not CLEAN]
    if len(found) <= 1:
        return found[0] if found else CLEAN
    return Value(
        frozenset().union(*(value.direct for value in found)),
        frozenset().union(*(value.computed for value in found)),
        frozenset().union(*(value.opaque for value in found)),
    )


def mix_of(values: Iterable[Value]) -> Value:
    """A value computed from several."""
    return any_of(values).changed()
