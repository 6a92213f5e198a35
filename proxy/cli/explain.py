"""`pgwarden explain`: what would be done with a statement, and why. Nothing is executed."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec
from rich.cells import cell_len

from proxy.app.catalog_login import EVERY
from proxy.app.explain import explain as explained
from proxy.app.explanation import Column, Explanation, Source
from proxy.app.inquiry import Question
from proxy.app.underline import Mark
from proxy.cli.report import Report, config_option, pass_report
from proxy.config.load import load_config

TAB = "    "
MOST_PLACES = 40
"""Places that are underlined for a person; programs get all."""


@click.command("explain", epilog='Example: pgwarden explain --as analyst "select email from shop.customers"')
@click.argument("sql")
@click.option("--as", "user", required=True, help="The role that would send it.")
@click.option("--database", help="The database it would be sent to; needed where catalog.database names none.")
@click.option("--address", default="", help="Where it would come from, for rules that ask.")
@click.option("--application", default="", help="The application_name it would carry.")
@config_option
@pass_report
def explain(
    report: Report, config_path: Path, sql: str, user: str, database: str | None, address: str, application: str
) -> None:
    """Show what a statement touches, where each result column comes from, and the rule that speaks.

    The server analyses the statement and does not run it. Exits with 0 where it is allowed, 1 where it is refused.
    """
    config = load_config(config_path)
    if database is None and config.catalog.database == EVERY:
        raise click.UsageError("Say which database: --database NAME.")
    asked = Question(user, database or config.catalog.database, sql, address, application)
    found = asyncio.run(explained(config, asked))
    allowed = all(each.allowed for each in found)
    if len(found) == 1:
        report.put(**msgspec.structs.asdict(found[0]))
    else:
        report.put(allowed=allowed, commands=found)
    if not report.for_programs:
        for number, each in enumerate(found, 1):
            if len(found) > 1:
                report.say(f"command {number} of {len(found)}: {' '.join(each.command.split())}", style="bold")
            _say(report, each)
    report.exit(failed=not allowed)


def _say(report: Report, found: Explanation) -> None:
    for warning in found.warnings:
        report.say(f"warning: {warning}", style="yellow")
    if found.error is not None:
        report.say(f"the server says: {found.error.message} (SQLSTATE {found.error.sqlstate})", style="red")
        _underline(report, [(found.error.where, "here")])
        if found.error.hint:
            report.say(f"hint of the server: {found.error.hint}")
        return
    report.table([{"": name, "verdict": value} for name, value in _verdict(found).items() if value])
    _underline(report, _places(found))
    for words in dict.fromkeys(words for mark, words in _places(found) if mark is None):
        report.say(f"{' ' * 6}| {words}", style="cyan")
    if found.advice:
        report.say("what decides it:")
        for line in found.advice:
            report.say(f"  - {line}")
    report.table([row for one in found.columns for row in _rows(one)], title="result columns")
    rows = [{"use": use.use, **_level(one)} for use in found.uses for one in use.columns]
    report.table(rows, title="what happens to columns")
    rows = [{"written": one.column.column, "provenance": one.provenance, "from": [each.column for each in one.sources]}
            for one in found.writes]  # fmt: skip
    report.table(rows, title="what is written")
    views = set(found.views)
    report.table([{"relation": name, "": "view" if name in views else ""} for name in found.relations],
                 title="relations")  # fmt: skip
    report.table(found.unproven, title="what could not be proven")
    if not found.proven:
        report.say("The server shows no tree of it: the text alone decides.")
    for each in found.unknown:
        report.say(f"not known: {each}")


def _verdict(found: Explanation) -> dict[str, object]:
    return {
        "statement is": "allowed" if found.allowed else "refused",
        "subject": f"{found.subject} ({found.subject_at})" if found.subject_at else found.subject,
        "clearance": found.clearance,
        "kind": found.kind,
        "effects": found.effects,
        "rule": f"{found.rule} ({found.rule_at})" if found.rule_at else found.rule,
        "reason": "" if found.reason == "ok" else found.reason,
        "message": found.message,
        "hint": found.hint,
    }


def _rows(one: Column) -> list[dict[str, object]]:
    """A line for each column that the value comes from; what is said of the value stands on the first."""
    first, *others = one.sources or (Source("", "", ""),)
    said = {"column": one.name, "type": one.type, "provenance": one.provenance, **_from(first), "mask": one.mask}
    return [said, *({"column": "", **_from(each)} for each in others)]


def _from(source: Source) -> dict[str, object]:
    return {"from": source.column, "level": source.level}  # the rule stands in the table of uses, once


def _level(source: Source) -> dict[str, object]:
    return {"column": source.column, "level": source.level, "rule": source.rule}


def _places(found: Explanation) -> Iterator[tuple[Mark | None, str]]:
    """What is underlined: the expressions that protected values went through, and where they are used."""
    for number, column in enumerate(found.columns, 1):
        if column.provenance == "opaque" or any(source.protected for source in column.sources):
            for step in column.by:
                yield step.where, f'{step.what}, on the way to column {number} "{column.name}"'
    for write in found.writes:
        if any(source.protected for source in write.sources):
            yield from ((step.where, f"{step.what}, on the way to {write.column.column}") for step in write.by)
    for use in found.uses:
        hidden = {source.column: source for source in use.columns if source.protected}
        for place in use.places:
            if (source := hidden.get(place.what)) is not None:
                yield place.where, f"{use.use} {source.column}: {source.level} ({source.rule})"


def _underline(report: Report, places: Iterable[tuple[Mark | None, str]]) -> None:
    """The lines of the statement that have places, each with a line of carets and words for each place."""
    shown = sorted(
        {(mark.line, mark.start, mark.at, words): mark for mark, words in places if mark is not None}.items()
    )
    last = None
    for (_, _, _, words), mark in shown[:MOST_PLACES]:
        margin = f"{mark.line:>5} | "
        if (mark.line, mark.excerpt) != last:
            report.say(margin + _plain(mark.excerpt))
            last = mark.line, mark.excerpt
        indent = " " * cell_len(_plain(mark.excerpt[: mark.start]))
        report.say(f"{' ' * 6}| {indent}{'^' * max(cell_len(_plain(mark.text)), 1)} {words}", style="cyan")


def _plain(text: str) -> str:
    """As wide as a terminal shows it, whatever is in it."""
    return "".join(
        TAB if sign == "\t" else sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
