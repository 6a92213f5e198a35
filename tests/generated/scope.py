"""What an expression may name, and how expressions are put together from forms."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.generated.dice import Dice
from tests.generated.forms import CONSTANTS, FORMS, FRAMES, UNEQUAL
from tests.generated.words import Column

HOLE: Final = re.compile(r"<(?:(set|one):)?(\w+(?:,\w+)*)>")
COMMON: Final = ("text", "int", "text", "num", "bool", "date", "jsonb", "texts", "ts", "text", "big", "float", "json",
                 "range", "bytea", "address")  # fmt: skip
SORTED: Final = tuple(family for family in COMMON if family not in UNEQUAL)


@dataclass(frozen=True, slots=True)
class Scope:
    """Columns as expressions name them, and the aliases that stand for whole rows."""

    columns: tuple[Column, ...] = ()
    rows: tuple[str, ...] = ()

    def __add__(self, other: "Scope") -> "Scope":
        return Scope(self.columns + other.columns, self.rows + other.rows)

    def of(self, family: str) -> Sequence[str]:
        """The columns of a family."""
        return [column.name for column in self.columns if column.family == family]


Subquery = Callable[[Sequence[str], Scope, int], str]


@dataclass(slots=True)
class Writer:
    """Fills forms. subquery: makes a query of given families, which may name what is around it."""

    dice: Dice
    subquery: Subquery
    marks: dict[str, str] = field(default_factory=dict)

    def expression(self, family: str, scope: Scope, depth: int) -> str:
        """A column if there is one, a constant, or a form whose holes are expressions in turn."""
        columns = scope.of(family)
        if family in FORMS and depth > 0 and self.dice.chance(45 if columns else 60):
            return self.fill(self.dice.pick(FORMS[family]), scope, depth - 1)
        if columns and not self.dice.chance(15):
            return self.dice.pick(columns)
        return self.dice.pick(CONSTANTS[family]) if family in CONSTANTS else "null"

    def fill(self, form: str, scope: Scope, depth: int) -> str:
        """A form whose holes are filled."""
        return HOLE.sub(lambda hole: self._hole(hole[1], hole[2], scope, depth), form)

    def window(self, form: str, scope: Scope, depth: int) -> str:
        """A window function with its window."""
        call, _, _ = form.partition(" over <w>")
        parts = []
        if self.dice.chance(50):
            parts.append(f"partition by {self.expression(self.dice.pick(SORTED), scope, depth)}")
        parts.append(f"order by {self.expression(self.dice.pick(SORTED), scope, depth)}, 1")
        frame = self.dice.pick(FRAMES) if "row_number" not in form else ""
        return f"{self.fill(call, scope, depth)} over ({' '.join([*parts, frame]).strip()})"

    def condition(self, scope: Scope, depth: int) -> str:
        """Something that is true or false."""
        return self.fill(self.dice.pick(FORMS["bool"]), scope, depth)

    def _hole(self, sort: str | None, what: str, scope: Scope, depth: int) -> str:
        if sort == "set":
            families = [self.dice.pick(COMMON) if one == "any" else one for one in what.split(",")]
            return f"({self.subquery(families, scope, depth)})"
        if sort == "one":
            return f"({self.subquery([what], scope, depth)} limit 1)"
        if what == "n":
            return str(1 + self.dice.upto(3))
        if what == "row":
            return self._row(scope, depth)
        if what == "any":
            return self.expression(self.dice.pick(COMMON), scope, depth)
        one = self.expression(what, scope, depth)
        return one if re.fullmatch(r"[\w.]+|'[^']*'|\w+\([^()]*\)", one) else f"({one})"

    def _row(self, scope: Scope, depth: int) -> str:
        if scope.rows:
            return self.dice.pick(scope.rows)
        return f"row({self.expression('text', scope, depth)}, {self.expression('int', scope, depth)})"
