"""Patterns for names, as rules write them: `schema.table.column` whose parts are a name, `*`, "Quoted" or /regex/.

A name without quotes matches whatever its case, and so does a regular expression: a pattern that protects must not miss
a column for its spelling. In quotes it matches exactly.
"""

import re
from typing import Final

import msgspec

ANY: Final = "*"
PART: Final = re.compile(r'"(?P<quoted>(?:[^"]|"")+)"|/(?P<regex>(?:[^/\\]|\\.)+)/|(?P<word>[^."/\s]+)')
NAME_PART: Final = re.compile(r'"(?:[^"]|"")+"|[^."]+')


class NamePattern(msgspec.Struct, frozen=True):
    """One part. word: the name in lower case where only one name can match, for an index; else None."""

    text: str
    pattern: re.Pattern[str]
    word: str | None = None

    def matches(self, name: str) -> bool:
        """Whether a name is meant."""
        return self.pattern.search(name) is not None

    def __str__(self) -> str:
        return self.text


class ColumnPattern(msgspec.Struct, frozen=True):
    """Which columns are meant."""

    schema: NamePattern
    table: NamePattern
    column: NamePattern

    def matches(self, schema: str, table: str, column: str) -> bool:
        """Whether a column is meant, by its real names."""
        return self.column.matches(column) and self.table.matches(table) and self.schema.matches(schema)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.column}"


class RelationPattern(msgspec.Struct, frozen=True):
    """Which relations are meant."""

    schema: NamePattern
    table: NamePattern

    def matches(self, schema: str, table: str) -> bool:
        """Whether a relation is meant, by its real names."""
        return self.table.matches(table) and self.schema.matches(schema)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"


def column_pattern(text: str) -> ColumnPattern:
    """schema.table.column. Raises ValueError: not three parts, or a part that is none."""
    schema, table, column = _parts(text, 3, "schema.table.column")
    return ColumnPattern(schema, table, column)


def relation_pattern(text: str) -> RelationPattern:
    """schema.table. Raises ValueError: not two parts, or a part that is none."""
    schema, table = _parts(text, 2, "schema.table")
    return RelationPattern(schema, table)


def role_pattern(text: str) -> NamePattern:
    """A user, role, database or application: exactly as the server spells it, where `*` stands for any characters."""
    if not text:
        raise ValueError("a name is empty")
    return NamePattern(text, re.compile(_glob(text) + r"\Z"), None if ANY in text else text)


def split_name(qualified: str) -> tuple[str, str]:
    """Schema and table of `schema.table`, whose parts are quoted where they hold a dot or a quote. The schema is ""
    where none is given, and a database before it is left out."""
    parts = [found.group() for found in NAME_PART.finditer(qualified)]
    plain = [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in parts]
    return (plain[-2], plain[-1]) if len(plain) > 1 else ("", plain[0] if plain else "")


def _parts(text: str, count: int, form: str) -> list[NamePattern]:
    found: list[NamePattern] = []
    at = 0
    while part := PART.match(text, at):
        found.append(_part(part))
        at = part.end()
        if at == len(text) or text[at] != ".":
            break
        at += 1
    if at != len(text) or len(found) != count:
        raise ValueError(f'expected {form}; a part is a name, *, "Quoted" or /regex/')
    return found


def _part(part: re.Match[str]) -> NamePattern:
    text, quoted, regex, word = part.group(), part["quoted"], part["regex"], part["word"]
    if regex is not None:
        try:
            return NamePattern(text, re.compile(regex.replace(r"\/", "/"), re.IGNORECASE))
        except re.error as error:
            raise ValueError(f"{text} is not a regular expression: {error.msg}") from None
    if quoted is not None:
        name = quoted.replace('""', '"')
        return NamePattern(text, re.compile(re.escape(name) + r"\Z"), name.lower())
    return NamePattern(text, re.compile(_glob(word) + r"\Z", re.IGNORECASE), None if ANY in word else word.lower())


def _glob(word: str) -> str:
    return r"\A" + ".*".join(map(re.escape, word.split(ANY)))
