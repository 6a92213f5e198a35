"""What `pgwarden explain` tells of one command, as facts: people and programs get the same."""

import msgspec

from proxy.app.underline import Mark


class Source(msgspec.Struct, frozen=True):
    """A column of a table as the rules see it. rule: file:line of its entry, or why it has a level without one.
    protected: the reader is not cleared for it."""

    column: str
    level: str
    rule: str
    protected: bool = False


class Reached(msgspec.Struct, frozen=True):
    """An expression on the way of a value. where: None where the text has no place for it, as inside a view."""

    what: str
    where: Mark | None = None


class Column(msgspec.Struct, frozen=True):
    """One column of the result. provenance: clean (of no column), direct, derived or opaque. by: the expressions that
    changed or chose the value, outermost first."""

    name: str
    type: str
    provenance: str
    sources: tuple[Source, ...]
    mask: str
    by: tuple[Reached, ...] = ()


class Written(msgspec.Struct, frozen=True):
    """A column that is assigned, and what the value comes from."""

    column: Source
    provenance: str
    sources: tuple[Source, ...]
    by: tuple[Reached, ...] = ()


class Use(msgspec.Struct, frozen=True):
    """What the statement does with some columns besides returning them. places: where each stands in the text."""

    use: str
    columns: tuple[Source, ...]
    places: tuple[Reached, ...] = ()


class Unproven(msgspec.Struct, frozen=True):
    """Why something could not be proven, as a code and in words."""

    reason: str
    words: str


class Objection(msgspec.Struct, frozen=True):
    """What the server says to a command that it does not take."""

    message: str
    sqlstate: str
    hint: str = ""
    where: Mark | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one command and what it rests on. proven: the server gave a tree. advice: what would change the
    verdict, each with the place of the rule to change. error: the server does not take the command, and nothing else is
    known of it."""

    command: str
    allowed: bool
    subject: str = ""
    subject_at: str = ""
    clearance: str = ""
    rule: str = ""
    rule_at: str = ""
    reason: str = ""
    message: str = ""
    hint: str = ""
    advice: tuple[str, ...] = ()
    kind: str = ""
    effects: tuple[str, ...] = ()
    proven: bool = False
    columns: tuple[Column, ...] = ()
    uses: tuple[Use, ...] = ()
    writes: tuple[Written, ...] = ()
    relations: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    unproven: tuple[Unproven, ...] = ()
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: Objection | None = None
