"""Whole statements: queries, writes, and the commands that carry them."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.generated.dice import Dice, Draw
from tests.generated.queries import Queries
from tests.generated.scope import Scope
from tests.generated.words import Column, Relation, Words

DEEP = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What is sent, and how. writes: it is taken back afterwards. protocol: a mode of tests/leak/client.py."""

    steps: tuple[str, ...]
    protocol: str
    writes: bool

    def __str__(self) -> str:
        return f"{self.protocol}: " + "; ".join(self.steps)


def trials(words: Words) -> st.SearchStrategy[Trial]:
    """Statements over a schema."""

    @st.composite
    def one(draw: Draw) -> Trial:
        return Statements(words, Dice(draw)).trial()

    return one()


class Statements:
    """Composes one statement."""

    def __init__(self, words: Words, dice: Dice) -> None:
        self.words, self.dice, self.queries = words, dice, Queries(words, dice)
        self.write = self.queries.write

    def trial(self) -> Trial:
        """A statement, and a way to send it."""
        protocol = self.dice.pick(("simple", "extended", "binary", "blind", "portal"))
        shape = self.dice.upto(19)
        if shape < 13:
            return Trial((self.reading(),), protocol, writes=False)
        if shape < 17:
            return Trial((self.writing(),), protocol, writes=True)
        return self._carried(protocol)

    def reading(self) -> str:
        """A query, with what may stand before and behind it."""
        if self.dice.chance(12):
            return self._starred()
        before = self._with()
        text, wanted = self.queries.any_query(Scope(), DEEP)
        return before + text + self.queries.ending(len(wanted), wanted)

    def writing(self) -> str:
        """A statement that changes rows, by itself or inside a query."""
        if self.dice.chance(25):
            change, columns = self._change(returning=True)
            name = self.dice.name("m")
            names = [f"x{at}" for at in range(1, len(columns) + 1)]
            relation = Relation(name, tuple(Column(n, f) for n, f in zip(names, columns, strict=True)))
            self.queries.common.append(relation)
            return f"with {name}({', '.join(names)}) as ({change}) {self.queries.any_query(Scope(), 2)[0]}"
        return self._with() + self._change(returning=self.dice.chance(60))[0]

    def _with(self) -> str:
        parts: list[str] = []
        recursive = ""
        for _ in range(self.dice.upto(2) if self.dice.chance(30) else 0):
            if self.dice.chance(30):
                recursive = "recursive "
                text, relation = self.queries.recursive(2)
            else:
                text, relation = self.queries.table_expression(2)
            parts.append(text)
            self.queries.common.append(relation)
        return f"with {recursive}{', '.join(parts)} " if parts else ""

    def _starred(self) -> str:
        shape = self.dice.upto(5)
        one = self.queries.relation()
        if shape == 0:
            return f"table {one.name}"
        if shape == 1 and one.assignable:
            return f"select * from {one.name} for {self.dice.pick(('update', 'share', 'no key update'))}"
        source, scope = self.queries.source(Scope(), 2)
        row = self.dice.pick(scope.rows)
        what = ("*", f"{row}.*", row, f"({row}).*", f"{row}, *", f"{row}::text")[shape]
        return f"select {what} from {source}{self.queries.ending(0, ())}"

    def _change(self, *, returning: bool) -> tuple[str, list[str]]:
        target = self.dice.pick(self.words.targets)
        alias = self.dice.name("t")
        here = Scope(tuple(Column(f"{alias}.{one.name}", one.family) for one in target.columns), (alias,))
        shape = self.dice.upto(3 if self.words.version >= 15 and not returning else 2)
        text, scope = (self._update, self._insert, self._delete, self._merge)[shape](target, alias, here)
        if not returning:
            return text, []
        wanted = self.queries.families(3)
        outputs = ", ".join(self.write.expression(one, scope, 1) for one in wanted)
        return f"{text} returning {outputs}", wanted

    def _update(self, target: Relation, alias: str, here: Scope) -> tuple[str, Scope]:
        scope, more = here, ""
        if self.dice.chance(30):
            source, added = self.queries.source(Scope(), 1)
            scope, more = here + added, f" from {source}"
        columns = self._some([one for one in target.assignable if one.name != "id"] or list(target.assignable))
        parts = [f"{one.name} = {self._value(one, scope)}" for one in columns]
        where = f" where {self.write.condition(scope, 1)}" if self.dice.chance(60) else ""
        return f"update {target.name} {alias} set {', '.join(parts)}{more}{where}", scope

    def _insert(self, target: Relation, alias: str, here: Scope) -> tuple[str, Scope]:
        columns = list(target.assignable)
        if len(columns) > 4:
            columns = columns[: 2 + self.dice.upto(2)]
        names = ", ".join(one.name for one in columns)
        families = [one.family for one in columns]
        if columns[0].name == "id":
            value = str(1000 + self.dice.upto(8))
            rest = ", ".join(self._value(one, Scope()) for one in columns[1:])
            rows = f"values ({', '.join(filter(None, (value, rest)))})"
        else:
            rows = self.queries.query(["int" if one == "other" else one for one in families], Scope(), 1)
        conflict = ""
        if columns[0].name == "id" and self.dice.chance(25):
            conflict = " on conflict do nothing"
        return f"insert into {target.name} as {alias} ({names}) {rows}{conflict}", here

    def _delete(self, target: Relation, alias: str, here: Scope) -> tuple[str, Scope]:
        scope, more = here, ""
        if self.dice.chance(30):
            source, added = self.queries.source(Scope(), 1)
            scope, more = here + added, f" using {source}"
        where = f" where {self.write.condition(scope, 1)}" if self.dice.chance(70) else ""
        return f"delete from {target.name} {alias}{more}{where}", scope

    def _merge(self, target: Relation, alias: str, here: Scope) -> tuple[str, Scope]:
        name = self.dice.name("s")
        inner = self.queries.query(["int", "text"], Scope(), 1)
        scope = here + Scope((Column(f"{name}.a", "int"), Column(f"{name}.b", "text")), (name,))
        [one] = self._some([each for each in target.assignable if each.name != "id"] or list(target.assignable), 1)
        assigned = f"{one.name} = {self._value(one, scope)}"
        text = (f"merge into {target.name} {alias} using ({inner}) {name}(a, b) on {self.write.condition(scope, 0)} "
                f"when matched and {self.write.condition(scope, 0)} then update set {assigned} "
                f"when matched then delete when not matched then do nothing")  # fmt: skip
        return text, scope

    def _some(self, columns: list[Column], most: int = 2) -> list[Column]:
        start = self.dice.upto(len(columns) - 1)
        return columns[start : start + 1 + self.dice.upto(most - 1)]

    def _value(self, column: Column, scope: Scope) -> str:
        if column.family == "other" or self.dice.chance(5):
            return "default"
        return self.write.expression(column.family, scope, 1)

    def _carried(self, protocol: str) -> Trial:
        """A query inside another command."""
        query = self.reading()
        name = self.dice.name("q")
        steps = self.dice.pick((
            (f"declare {name} cursor for {query}", f"fetch 2 from {name}", f"fetch all {name}", f"close {name}"),
            (f"copy ({query}) to stdout",),
            (f"prepare {name} as {query}", f"execute {name}", f"deallocate {name}"),
            (f"explain (costs off, verbose) {query}",),
            (f"create temp view {name} as {query}", f"select * from {name}"),
            (f"create temp table {name} as {query}", f"select * from {name}"),
            (f"copy ({query}) to stdout (format csv, header)",),
        ))  # fmt: skip
        return Trial(steps, protocol if len(steps) == 1 else self.dice.pick(("simple", "extended")), writes=True)
