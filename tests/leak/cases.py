"""Attacks as data: tests/cases/leaks_*.yaml.

An entry is SQL, or {sql: SQL or a list of steps, twin, modes, as, undo}. twin: a second statement of the same shape;
the two must be answered alike by pgwarden to whoever may infer nothing, and differently by the server. as: another
role. undo: what the superuser runs afterwards.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.leak.canary import fill
from tests.leak.stage import READERS

FOLDER: Final = Path(__file__).parent.parent / "cases"
READING: Final = ("select", "values", "table", "with", "(")
ONE_STEP: Final = ("simple", "binary", "blind", "portal")
MORE_STEPS: Final = ("simple", "extended", "blind", "ahead")


@dataclass(frozen=True, slots=True)
class Attack:
    """One attempt: its statements, the ways in which they are sent, and who sends them."""

    steps: tuple[str, ...]
    twin: tuple[str, ...]
    modes: tuple[str, ...]
    readers: tuple[str, ...]
    undo: tuple[str, ...]
    kept: bool


def attacks() -> list[tuple[str, Attack]]:
    """Every attack with the name of its test."""
    found: list[tuple[str, Attack]] = []
    for file in sorted(FOLDER.glob("leaks_*.yaml")):
        if file.stem != "leaks_legitimate":
            entries = yaml.safe_load(file.read_text())
            found += [(f"{file.stem[6:]}-{at}", _attack(each)) for at, each in enumerate(entries, 1)]
    return found


def legitimate() -> dict[str, bool]:
    """Statements of real clients; True for one that a restricted reader is refused today."""
    entries: list[str | dict[str, str]] = yaml.safe_load((FOLDER / "leaks_legitimate.yaml").read_text())
    return {one["refused"] if isinstance(one, dict) else one: isinstance(one, dict) for one in entries}


def _attack(entry: str | dict[str, Any]) -> Attack:
    fields = {"sql": entry} if isinstance(entry, str) else entry
    steps = _steps(fields["sql"])
    default = ONE_STEP if len(steps) == 1 else MORE_STEPS
    readers = ("strict",) if "twin" in fields else READERS
    return Attack(
        steps=steps,
        twin=_steps(fields.get("twin", [])),
        modes=tuple(fields.get("modes", default)),
        readers=(fields["as"],) if "as" in fields else readers,
        undo=_steps(fields.get("undo", [])),
        kept=all(step.lower().startswith(READING) for step in steps),
    )


def _steps(sql: str | list[str]) -> tuple[str, ...]:
    return tuple(fill(one) for one in ([sql] if isinstance(sql, str) else sql))
