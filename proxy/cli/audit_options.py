"""What the `audit` commands have in common: which journal, which records."""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
import msgspec

from proxy.audit.format import segment_files
from proxy.audit.joiner import Events
from proxy.audit.selection import Selection, moment
from proxy.audit.settings import AuditSettings, key_beside
from proxy.cli.report import config_option

P = ParamSpec("P")
R = TypeVar("R")
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """What a text for a time means now, as microseconds since the epoch."""
    try:
        return None if value is None else moment(value, time.time_ns() // 1000)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None


def journal_argument(command: Callable[P, R]) -> Callable[P, R]:
    """The argument DIRECTORY, and --config for where there is none."""
    return click.argument("directory", required=False, type=FOLDER)(config_option(command))


def selecting(command: Callable[..., R]) -> Callable[..., R]:
    """The options that choose records, given to the command as selection and events."""

    @click.option("--user", "users", multiple=True, help="Database user; * and ? stand for any. May be repeated.")
    @click.option("--subject", "subjects", multiple=True, help="Rule entry that the session matched.")
    @click.option("--relation", "relations", multiple=True, help="Table or view touched: customers, shop.*")
    @click.option("--column", "columns", multiple=True, help="Column touched: email, customers.email")
    @click.option("--decision", "decisions", multiple=True, help="What was decided: allow, refuse.")
    @click.option(
        "--since",
        "since_us",
        metavar="TIME",
        callback=_moment,
        help="From then on: 2026-05-01T12:30 (UTC), 15m, 2h, 7d.",
    )
    @click.option("--until", "until_us", metavar="TIME", callback=_moment, help="Before then.")
    @click.option("--sql", default="", help="Part of the statement's text, in any case.")
    @click.option("--events", flag_value="shown", default="left out", help="Logins and other events too.")
    @functools.wraps(command)
    def wrapped(*args: object, events: str, **kwargs: object) -> R:
        chosen = {name: kwargs.pop(name) for name in Selection.__struct_fields__}
        selection = msgspec.convert(chosen, Selection)
        return command(*args, selection=selection, events=Events(events), **kwargs)

    return wrapped


def journal(directory: Path | None, config_path: Path) -> Path:
    """The journal that is meant: as named, or as configured. Raises ConfigError."""
    return directory or _settings(config_path).directory


def journal_key(directory: Path | None, config_path: Path, key: Path | None) -> Path:
    """The file with its key: as named, beside the directory that is named, or as configured. Raises ConfigError."""
    if key is not None:
        return key
    if directory is None:
        return _settings(config_path).key_path
    return key_beside(directory.absolute().parent if segment_files(directory) else directory)


def _settings(config_path: Path) -> AuditSettings:
    from proxy.config.load import load_config  # late: a journal that is named needs no configuration

    return load_config(config_path).audit
