"""What is wrong with a file that a person wrote, where, and how to mend it: collected, so that all is said at once."""

import difflib
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

import msgspec

from proxy.errors import ConfigError


class Place(msgspec.Struct, frozen=True, order=True):
    """A position in a file; line and column count from 1, 0 where that is not known."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


class Severity(Enum):
    """Whether pgwarden can run with it, and whether somebody should do something."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"  # nothing is wrong; something could be better


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong. It names keys, rules and relations, never a secret or data."""

    place: Place
    what: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def as_error(self) -> ConfigError:
        """The same as what is raised."""
        return ConfigError(self.what, place=str(self.place), hint=self.hint or None)


class Problems:
    """Collects problems while a file is read on, as far as that makes sense."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def error(self, place: Place, what: str, hint: str = "") -> None:
        """Something that keeps the file from being used."""
        self._found.append(Problem(place, what, hint))

    def warning(self, place: Place, what: str, hint: str = "") -> None:
        """Something that is probably not what was meant."""
        self._found.append(Problem(place, what, hint, Severity.WARNING))

    def add(self, problems: Iterable[Problem]) -> None:
        """Take over what another collected."""
        self._found += problems

    @property
    def all(self) -> tuple[Problem, ...]:
        """Everything found, by file and line."""
        return tuple(sorted(self._found, key=lambda problem: problem.place))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Only what keeps the files from being used."""
        return tuple(problem for problem in self.all if problem.severity is Severity.ERROR)

    @property
    def errors_first(self) -> tuple[Problem, ...]:
        """Everything found, what keeps the files from being used before the rest."""
        return tuple(sorted(self.all, key=lambda problem: problem.severity is not Severity.ERROR))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that is nearest, else all of them."""
    words = sorted(map(str, known))
    if near := difflib.get_close_matches(word, words, n=1):
        return f"Did you mean {near[0]}?"
    return f"Known here: {', '.join(words)}." if words else ""


def shown(path: Path) -> str:
    """A path as it is written in messages: relative where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
