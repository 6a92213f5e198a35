"""Parts of json documents: how rules write them, and what a read at a path meets.

A part is named by keys alone. Arrays on the way count as their members, however deep, so `$.visits.doctor`,
`$.visits[*].doctor` and `$[*].visits[0].doctor` are the same part: who names one member means all, and no reading of a
path, strict or lax, finds a way around. All that is below a part belongs to it.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

from proxy.model import AS_TEXT, ITSELF, Classified

STEP: Final = re.compile(r'\.(?P<quoted>"(?:[^"\\]|\\.)*")|\.(?P<name>[^.\[\]\s"]+)|\[\s*(?:\*|\d+)\s*\]')
FORM: Final = 'expected keys as in $.patient.ssn, $.visits[*].doctor or $."odd key"'


def document_path(text: str) -> tuple[str, ...]:
    """The keys of a path as rules write it. Raises ValueError: it is none, or it names the whole document."""
    if not text.startswith("$"):
        raise ValueError(FORM)
    keys: list[str] = []
    at = 1
    while step := STEP.match(text, at):
        at = step.end()
        if step["quoted"] is not None:
            keys.append(_unquoted(step["quoted"]))
        elif step["name"] is not None:
            keys.append(_plain(step["name"]))
    if at != len(text):
        raise ValueError(FORM)
    if not keys:
        raise ValueError("it is the whole document; leave json out")
    return tuple(keys)


def _plain(name: str) -> str:
    if set(name) & set("*?@()$'"):
        raise ValueError(f"{FORM}; a key with other characters than letters stands in quotes")
    return name


def _unquoted(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise ValueError(f"{quoted} is no string as JSON writes it") from None


def written(keys: Iterable[str]) -> str:
    """A path as rules write it, for people."""
    return "$" + "".join(f".{key}" if key.isidentifier() else f".{json.dumps(key, ensure_ascii=False)}" for key in keys)


def positions(path: tuple[str, ...], keys: tuple[str, ...]) -> frozenset[int]:
    """How many of a part's keys are behind what a path reads: none of them in the set where it reads elsewhere, several
    where a step has two meanings, len(keys) where it reads the part itself, more where it reads below it."""
    below = len(keys) + 1
    found = {0}
    for step in path:
        if step == ITSELF:
            found = {at for at in found if at >= len(keys)}
        elif step != AS_TEXT:
            moved = {below if at >= len(keys) else at + 1 for at in found if at >= len(keys) or keys[at] == step[1:]}
            found = found | moved if step[0] == "?" else moved
    return frozenset(found)


def met(path: tuple[str, ...], parts: Iterable[Classified]) -> list[Classified]:
    """The parts that a path reads, or reads something of."""
    return [part for part in parts if part.keys is None or positions(path, part.keys)]
