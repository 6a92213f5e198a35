"""Attacks as data: tests/cases/leaks_*.yaml, under the number of the rule of soundness that they try.

An entry is SQL, or {sql: SQL or a list of steps, twin, bit, modes, as, undo, needs, open}. A step that starts with
"2> " is said by a second connection of the same role. twin: a second statement of the same shape; the two must be
answered alike by pgwarden to whoever may infer nothing, and differently by the server. bit: the same of one statement
in two databases that differ in protected values alone. as: another role. undo: what the superuser runs afterwards.
needs: from14 and the like, an extension, xml, or until15. open: who is at a leak that is known; a test lists them.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.leak.canary import fill
from tests.leak.stage import READERS

FOLDER: Final = Path(__file__).parent.parent / "cases"
READING: Final = ("select", "values", "table", "with", "(")
SETTING: Final = re.compile(r"set_config|g_set|lock\(|dblink_connect", re.IGNORECASE)
"""What a query may leave behind in its session."""
ENDING: Final = re.compile(r"commit|rollback|prepare|listen|2> |do ", re.IGNORECASE)
"""What may outlive a transaction that is taken back."""
ONE_STEP: Final = ("simple", "binary", "blind", "portal")
MORE_STEPS: Final = ("simple", "extended", "blind", "ahead", "piped")
TWO: Final = "2> "


@dataclass(frozen=True, slots=True)
class Attack:
    """One attempt: its statements, the ways in which they are sent, and who sends them."""

    rule: int
    steps: tuple[str, ...]
    twin: tuple[str, ...]
    bit: bool
    modes: tuple[str, ...]
    readers: tuple[str, ...]
    undo: tuple[str, ...]
    needs: frozenset[str]
    until: int
    open: str
    kept: bool

    def fits(self, major: int) -> bool:
        """Whether a server of that version has what is attacked; of extensions only the running server knows."""
        return _fits(self.needs, self.until, major)


@dataclass(frozen=True, slots=True)
class Legitimate:
    """A statement of a real client. refused: why a restricted reader does not get it today; empty where it does."""

    sql: str
    refused: str
    needs: frozenset[str]
    until: int

    def fits(self, major: int) -> bool:
        """Whether a server of that version understands it."""
        return _fits(self.needs, self.until, major)


def attacks() -> list[tuple[str, Attack]]:
    """Every attack with the name of its test."""
    found: list[tuple[str, Attack]] = []
    for file in sorted(FOLDER.glob("leaks_*.yaml")):
        if not file.stem.startswith("leaks_legitimate"):
            for rule, entries in yaml.safe_load(file.read_text()).items():
                start = f"{file.stem[6:]}-{rule}"
                found += [(f"{start}-{at}", _attack(rule, each)) for at, each in enumerate(entries, 1)]
    return found


def legitimate() -> list[Legitimate]:
    """Statements of real clients, in the order in which they are sent."""
    found: list[Legitimate] = []
    for file in sorted(FOLDER.glob("leaks_legitimate*.yaml")):
        for entry in yaml.safe_load(file.read_text()):
            fields = {"sql": entry} if isinstance(entry, str) else entry
            sql = fields.get("sql", fields.get("refused", ""))
            needs, until = _needs(fields.get("needs", []))
            found.append(Legitimate(sql, str(fields.get("refused", "")), needs, until))
    return found


def _attack(rule: int, entry: str | dict[str, Any]) -> Attack:
    fields = {"sql": entry} if isinstance(entry, str) else entry
    if odd := fields.keys() - {"sql", "twin", "bit", "modes", "as", "undo", "needs", "open"}:
        raise ValueError(f"{sorted(odd)} in {entry}")
    steps = _steps(fields["sql"])
    default: tuple[str, ...] = ONE_STEP if len(steps) == 1 else MORE_STEPS
    if any(step.startswith(TWO) for step in steps):
        default = ("simple", "extended", "binary")
    bit = bool(fields.get("bit", False))
    needs, until = _needs(fields.get("needs", []))
    return Attack(
        rule=rule,
        steps=steps,
        twin=_steps(fields.get("twin", [])),
        bit=bit,
        modes=tuple(fields.get("modes", ("simple", "binary") if bit else default)),
        readers=(fields["as"],) if "as" in fields else ("strict",) if bit or "twin" in fields else READERS,
        undo=_steps(fields.get("undo", [])),
        needs=needs,
        until=until,
        open=str(fields.get("open", "")),
        kept=_kept(steps),
    )


def _needs(written: str | list[str]) -> tuple[frozenset[str], int]:
    """What a server must have, and the newest version."""
    words = [written] if isinstance(written, str) else written
    until = min((int(word[5:]) for word in words if word.startswith("until")), default=99)
    return frozenset(word for word in words if not word.startswith("until")), until


def _fits(needs: frozenset[str], until: int, major: int) -> bool:
    oldest = max((int(need[4:]) for need in needs if need.startswith("from")), default=0)
    return oldest <= major <= until


def _kept(steps: tuple[str, ...]) -> bool:
    """Whether a session is the same afterwards: queries, and transactions that are taken back."""
    if any(SETTING.search(step) for step in steps):
        return False
    if steps[0] == "begin" and steps[-1] == "rollback":
        return not any(ENDING.match(step) for step in steps[1:-1])
    return all(step.lower().startswith(READING) for step in steps)


def _steps(sql: str | list[str]) -> tuple[str, ...]:
    return tuple(fill(one) for one in ([sql] if isinstance(sql, str) else sql))
