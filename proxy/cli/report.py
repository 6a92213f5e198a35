"""What a command says, for a person at a terminal, a pipe, or a program that asked for --json."""

import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Concatenate, NoReturn, ParamSpec, TextIO, TypeVar

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from proxy.errors import ConfigError, WardenError

P = ParamSpec("P")
R = TypeVar("R")
Row = Mapping[str, object]


class Format(Enum):
    """Who listens."""

    TEXT = "text"
    JSON = "json"


class Report:
    """One command's way to speak. With JSON exactly one document is printed on standard output, when it exits."""

    def __init__(self, *, to: Format, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._to = to
        self._out, self._err = out or sys.stdout, err or sys.stderr
        self.console = Console(file=self._out, highlight=False, soft_wrap=True)
        self._document: dict[str, object] = {}

    @property
    def for_programs(self) -> bool:
        """Whether --json was given."""
        return self._to is Format.JSON

    def say(self, text: str, *, style: str | None = None) -> None:
        """A line for people; programs do not get it. text is printed as it is, without markup."""
        if not self.for_programs:
            self.console.print(escape(text), style=style)

    def put(self, **facts: object) -> None:
        """Facts for programs: keys of the JSON document. People do not get them."""
        self._document.update(facts)

    def table(
        self, rows: Iterable[Row | msgspec.Struct], *, name: str = "rows", title: str | None = None, empty: str = ""
    ) -> None:
        """Rows as a table, or as the list `name` of the JSON document. empty: the line where there are none."""
        shown = [_as_row(row) for row in rows]
        if self.for_programs:
            self._document[name] = shown
        elif shown:
            self.console.print(_table(shown, title))
        elif empty:
            self.say(empty)

    @contextmanager
    def progress(self, label: str, *, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """A bar on a terminal, nothing elsewhere. Yields what is called with the steps that were made."""
        if self.for_programs or not self._err.isatty():
            yield lambda steps: None
            return
        with Progress(console=Console(file=self._err), transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda steps: bar.advance(task, steps)

    def failure(self, error: WardenError) -> None:
        """One line on standard error, and the same as JSON where a program listens."""
        click.echo(one_line(error), file=self._err)
        if self.for_programs:
            place = error.place if isinstance(error, ConfigError) else ""
            self.put(error={"message": str(error.args[0]), "place": place, "hint": error.hint or ""})
            self.flush()

    def flush(self) -> None:
        """Print the JSON document, if a program listens and there is one."""
        if self.for_programs and self._document:
            click.echo(_json(self._document), file=self._out)
            self._document = {}

    def exit(self, *, failed: object) -> NoReturn:
        """End the command: 1 where failed is true, else 0."""
        self.flush()
        raise click.exceptions.Exit(1 if failed else 0)


def pass_report(command: Callable[Concatenate[Report, P], R]) -> Callable[P, R]:
    """Give a command its Report as first argument, and the option --json."""

    @click.option("--json", "for_programs", is_flag=True, help="Print one JSON document.")
    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        report = Report(to=Format.JSON if kwargs.pop("for_programs") else Format.TEXT)
        result = command(report, *args, **kwargs)
        report.flush()
        return result

    return wrapped


def config_option(command: Callable[P, R]) -> Callable[P, R]:
    """The option --config, a path that need not exist: its absence is told as every fault of a file is."""
    return click.option(
        "--config",
        "config_path",
        default="pgwarden.yaml",
        show_default=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="The configuration file.",
    )(command)


def one_line(error: WardenError) -> str:
    """`pgwarden: file:line:column: what is wrong. How to mend it`, without line breaks or control characters."""
    words = " ".join(str(error).split())
    if error.hint:
        words = f"{words.rstrip('.')}. {' '.join(error.hint.split())}"
    return "pgwarden: " + "".join(sign if sign.isprintable() else "?" for sign in words)


def _as_row(row: Row | msgspec.Struct) -> dict[str, object]:
    return msgspec.structs.asdict(row) if isinstance(row, msgspec.Struct) else dict(row)


def _table(rows: Sequence[Mapping[str, object]], title: str | None) -> Table:
    table = Table(title=title, title_justify="left")
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(row.get(name))) for name in names))
    return table


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in value)
        case bool():
            return "yes" if value else "no"
        case list() | tuple() | set() | frozenset():
            return ", ".join(sorted(map(_cell, value)) if isinstance(value, set | frozenset) else map(_cell, value))
        case Enum():
            return _cell(value.value)
        case _:
            return str(value)


def _json(document: Mapping[str, object]) -> str:
    plain = msgspec.to_builtins(document, enc_hook=str, str_keys=True)
    return json.dumps(plain, ensure_ascii=False)
