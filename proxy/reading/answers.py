"""Readings of the usual shapes, so that each command's reader says only what is its own."""

from collections.abc import Iterable

from msgspec.structs import replace

from proxy.model import Reading
from proxy.reading.words import Cursor


def plain(kind: str, *effects: str, name: str | None = None, relations: Iterable[str | None] = ()) -> Reading:
    """A command that changes neither the session's state nor the catalog."""
    return Reading(
        kind=kind,
        effects=frozenset(effects),
        relations=named(relations),
        name=name,
        parsed=True,
        changes_state=False,
        ddl=False,
    )


def state(kind: str, *effects: str, name: str | None = None) -> Reading:
    """A command that may change settings, roles or temporary objects of the session."""
    return replace(plain(kind, *effects, name=name), changes_state=True)


def ddl(kind: str, *effects: str, relations: Iterable[str | None] = ()) -> Reading:
    """A command that may change the catalog, and with it what names mean in this session."""
    return replace(plain(kind, "ddl", *effects, relations=relations), changes_state=True, ddl=True)


def unparsed(kind: str, *effects: str) -> Reading:
    """A text that was not understood; everything it could do is possible."""
    return Reading(kind=kind, effects=frozenset({"unparsed", *effects}))


def named(names: Iterable[str | None]) -> tuple[str, ...]:
    """Names that are there, each once, in order."""
    return tuple(dict.fromkeys(name for name in names if name))


def listed(cursor: Cursor) -> list[str]:
    """The relations of a list: [ONLY] name [*] [(columns)] [, …]."""
    found: list[str] = []
    while True:
        cursor.accept("only")
        if (name := cursor.qualified()) is None:
            return found
        found.append(name)
        cursor.accept("*")
        cursor.skip_group()
        if not cursor.accept(","):
            return found
