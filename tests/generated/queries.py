"""Queries of given families: selections, groups, set operations, VALUES, what they stand on and what stands before."""

import re
from collections.abc import Sequence
from typing import Final

from tests.generated.dice import Dice
from tests.generated.forms import AGGREGATES, CONSTANTS, SETS, UNEQUAL, WINDOWS
from tests.generated.scope import COMMON, SORTED, Scope, Writer
from tests.generated.words import Column, Relation, Words

FAVOURITE: Final = "people"
"""The table with most of the protected columns."""
JOINS: Final = ("join", "left join", "cross join", "full join", "right join", "cross join lateral", "join lateral",
                "left join lateral")  # fmt: skip


class Queries:
    """Composes queries over the relations of a schema."""

    def __init__(self, words: Words, dice: Dice) -> None:
        self.words, self.dice = words, dice
        self.write = Writer(dice, self.query)
        self.common: list[Relation] = []
        """Common table expressions that a query may name."""

    def families(self, most: int = 4) -> list[str]:
        """What a query is to give."""
        return [self.dice.pick(COMMON) for _ in range(1 + self.dice.upto(most - 1))]

    def query(self, wanted: Sequence[str], outer: Scope, depth: int) -> str:
        """Any query of these columns."""
        shape = self.dice.upto(19) if depth > 0 else 0
        comparable = not UNEQUAL & set(wanted)
        if shape == 19:
            return self._values(wanted, outer)
        if shape >= 17 and comparable:
            word = self.dice.pick(("union all", "union", "intersect", "except", "except all", "intersect all"))
            return f"({self.query(wanted, outer, depth - 1)}) {word} ({self.query(wanted, outer, depth - 1)})"
        if shape >= 14:
            return self._grouped(wanted, outer, depth)
        return self._plain(wanted, outer, depth)

    def any_query(self, outer: Scope, depth: int, most: int = 4) -> tuple[str, list[str]]:
        """A query, rather of what its sources have, and what it gives."""
        if self.dice.chance(35):
            wanted = self.families(most)
            return self.query(wanted, outer, depth), wanted
        source, here = self.source(outer, depth)
        known = [one.family for one in here.columns if one.family != "other"] or list(COMMON)
        wanted = [self.dice.pick(known) for _ in range(1 + self.dice.upto(most - 1))]
        return self._selection(wanted, source, here, outer, depth), wanted

    def source(self, outer: Scope, depth: int) -> tuple[str, Scope]:
        """What stands behind FROM, and what may be named because of it."""
        text, scope = self._item(outer, depth, lateral=False)
        for _ in range(self.dice.upto(2) if depth > 0 else 0):
            join = self.dice.pick(JOINS)
            lateral = "lateral" in join
            item, more = self._item(outer + scope if lateral else outer, depth - 1, lateral=lateral)
            condition = ""
            if not join.startswith("cross"):
                condition = " on " + ("true" if "full" in join else self.write.condition(scope + more, 0))
            text, scope = f"{text} {join.replace(' lateral', '')} {item}{condition}", scope + more
        return text, scope

    def ending(self, columns: int, wanted: Sequence[str]) -> str:
        """ORDER BY and LIMIT."""
        text = ""
        sortable = [at for at in range(1, columns + 1) if wanted[at - 1] not in UNEQUAL]
        if sortable and self.dice.chance(30):
            text += f" order by {self.dice.pick(sortable)}{self.dice.pick(('', ' desc', ' nulls first'))}"
        if self.dice.chance(20):
            text += self.dice.pick((" limit 2", " offset 1", " limit 1 offset 1", " fetch first 2 rows only"))
        return text

    def recursive(self, depth: int) -> tuple[str, Relation]:
        """A recursive common table expression of a number and another column."""
        name, family = self.dice.name("r"), self.dice.pick(SORTED)
        itself = Scope((Column(f"{name}.n", "int"), Column(f"{name}.v", family)))
        base = self.query(["int", family], Scope(), depth - 1)
        step = self.write.expression(family, itself, 1)
        word = self.dice.pick(("union all", "union"))
        text = (f"{name}(n, v) as (select * from ({base}) b(n, v) {word} "
                f"select n + 1, {step} from {name} where n < 3)")  # fmt: skip
        return text, Relation(name, (Column("n", "int"), Column("v", family)))

    def table_expression(self, depth: int) -> tuple[str, Relation]:
        """A common table expression that reads."""
        name = self.dice.name("w")
        query, wanted = self.any_query(Scope(), depth, 3)
        columns = tuple(Column(f"c{at}", family) for at, family in enumerate(wanted, 1))
        how = self.dice.pick(("", "materialized ", "not materialized "))
        names = ", ".join(column.name for column in columns)
        return f"{name}({names}) as {how}({query})", Relation(name, columns)

    def relation(self) -> Relation:
        """One to read, rather one with protected columns."""
        if self.common and self.dice.chance(50):
            return self.dice.pick(self.common)
        favourites = [one for one in self.words.relations if FAVOURITE in one.name]
        return self.dice.pick(favourites if favourites and not self.dice.chance(45) else self.words.relations)

    def _item(self, outer: Scope, depth: int, *, lateral: bool) -> tuple[str, Scope]:
        shape = self.dice.upto(9) if depth > 0 else 0
        alias = self.dice.name("t")
        if shape == 9:
            form, given = self.dice.pick(SETS)
            families = list(given)
            names = [f"f{at}" for at in range(1, len(families) + 1)]
            text = f"{self.write.fill(form, outer if lateral else Scope(), 1)} {alias}({', '.join(names)})"
            return text, _columns(alias, names, families)
        if shape >= 7:
            inner, families = self.any_query(outer if lateral else Scope(), depth - 1, 3)
            names = [f"d{at}" for at in range(1, len(families) + 1)]
            text = f"{'lateral ' if lateral else ''}({inner}) {alias}({', '.join(names)})"
            return text, _columns(alias, names, families)
        one = self.relation()
        only = "only " if one.assignable and self.dice.chance(5) else ""
        names, families = [c.name for c in one.columns], [c.family for c in one.columns]
        return f"{only}{one.name} {alias}", _columns(alias, names, families)

    def _plain(self, wanted: Sequence[str], outer: Scope, depth: int) -> str:
        source, here = self.source(outer, depth)
        return self._selection(wanted, source, here, outer, depth)

    def _selection(self, wanted: Sequence[str], source: str, here: Scope, outer: Scope, depth: int) -> str:
        scope = here + outer if self.dice.chance(30) else here
        depth = min(depth, 2)
        windowed = depth > 0 and self.dice.chance(12)
        outputs = [
            self.write.window(self.dice.pick(WINDOWS[one]), scope, 1)
            if windowed and one in WINDOWS and self.dice.chance(60)
            else self.write.expression(one, scope, depth)
            for one in wanted
        ]
        where = f" where {self.write.condition(scope, depth - 1)}" if self.dice.chance(40) else ""
        return f"select {self._distinct(wanted, outputs)}{', '.join(outputs)} from {source}{where}"

    def _distinct(self, wanted: Sequence[str], outputs: Sequence[str]) -> str:
        if UNEQUAL & set(wanted) or not self.dice.chance(8):
            return ""
        return self.dice.pick(("distinct ", f"distinct on ({outputs[0]}) "))

    def _grouped(self, wanted: Sequence[str], outer: Scope, depth: int) -> str:
        source, scope = self.source(outer, depth)
        keys: list[str] = []
        outputs: list[str] = []
        for family in wanted:
            if family not in AGGREGATES or (family not in UNEQUAL and self.dice.chance(35)):
                if family in UNEQUAL or family not in FAMILIES_WITH_KEYS:
                    outputs.append(self.dice.pick(CONSTANTS[family]))
                    continue
                keys.append(self.write.expression(family, scope, 1) if scope.of(family) else CONSTANTS[family][0])
                outputs.append(keys[-1])
            else:
                outputs.append(self.write.fill(self.dice.pick(AGGREGATES[family]), scope, 1))
        group = ""
        named = [key for key in keys if COLUMN.fullmatch(key)]
        if named:
            group = f" group by {self.dice.pick(GROUPS).format(', '.join(dict.fromkeys(named)))}"
        having = (
            f" having {self.write.fill(self.dice.pick(AGGREGATES['bool']), scope, 0)}" if self.dice.chance(20) else ""
        )
        where = f" where {self.write.condition(scope, 1)}" if self.dice.chance(25) else ""
        outputs = [
            f"max({one})" if one in keys and one not in named and "." in one and "::" not in one else one
            for one in outputs
        ]
        return f"select {', '.join(outputs)} from {source}{where}{group}{having}"

    def _values(self, wanted: Sequence[str], outer: Scope) -> str:
        rows = [
            f"({', '.join(self.write.expression(one, outer, 1) for one in wanted)})"
            for _ in range(1 + self.dice.upto(1))
        ]
        return f"values {', '.join(rows)}"


COLUMN: Final = re.compile(r"[a-z]+\d+\.\w+")
GROUPS: Final = ("{0}", "rollup ({0})", "cube ({0})", "grouping sets (({0}), ())")
FAMILIES_WITH_KEYS: Final = frozenset(SORTED)


def _columns(alias: str, names: Sequence[str], families: Sequence[str]) -> Scope:
    columns = tuple(Column(f"{alias}.{name}", family) for name, family in zip(names, families, strict=True))
    return Scope(columns, (alias,))
