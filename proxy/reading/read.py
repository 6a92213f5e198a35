"""What a text asks for, read without the server: kind, effects, relations, condition. It never decides a mask."""

import re

from msgspec.structs import replace

from proxy.model import Reading
from proxy.reading.answers import plain, unparsed
from proxy.reading.commands import COMMANDS, command
from proxy.reading.query import outline
from proxy.reading.secrets import holds_secret
from proxy.reading.verbs import VERBS
from proxy.reading.words import Cursor, Word, commands, encode

MOST_COMMANDS = 100

_FIRST = re.compile(r"(?:\s|--[^\n\r]*|/\*.*?\*/|[(;])*([A-Za-z]+)", re.DOTALL)


def read(text: str, *, options: int = 0) -> Reading:
    """The reading of one statement, or of all in a text of several. Never raises.
    options: those of the scanner (proxy/template/scanner.pxd)."""
    data = encode(text)
    found = commands(data, options=options)
    if found is None or len(found) > MOST_COMMANDS:
        return _unread(text)
    if not found:
        return plain("empty")
    readings = [_command(data, words) for words in found]
    return readings[0] if len(readings) == 1 else _together(readings)


def glance(text: str, *, options: int = 0) -> Reading | None:
    """What the words alone say of a text that is one query: kind, effects, whether the server can be asked. None for
    everything else. It takes a tenth of the time of a reading."""
    data = encode(text)
    found = commands(data, options=options)
    return outline(Cursor(data, found[0])) if found is not None and len(found) == 1 else None


def _command(data: bytes, words: list[Word]) -> Reading:
    one = command(Cursor(data, words))
    return replace(one, secret=holds_secret(one, data, words))


def _unread(text: str) -> Reading:
    """Kind from the first word, everything else unknown: the secret too."""
    match = _FIRST.match(text[:4096])
    kind = match[1].lower() if match else "unknown"
    known = kind in COMMANDS or kind in VERBS or kind == "with"
    return replace(unparsed(kind if known else "unknown"), secret=True)


def _together(readings: list[Reading]) -> Reading:
    """Several commands in one text: all that any of them does."""
    return Reading(
        kind="several",
        effects=frozenset().union(*(one.effects for one in readings)),
        relations=tuple(dict.fromkeys(name for one in readings for name in one.relations)),
        parsed=all(one.parsed for one in readings),
        secret=any(one.secret for one in readings),
        changes_state=any(one.changes_state for one in readings),
        ddl=any(one.ddl for one in readings),
        alone=any(one.alone for one in readings),
    )
