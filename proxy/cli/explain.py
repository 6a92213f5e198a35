"""`pgwarden explain`: what would be done with a statement, and why. Nothing is executed."""

import asyncio
from pathlib import Path

import click
from msgspec.structs import asdict

from proxy.app.catalog_login import EVERY
from proxy.app.explain import Column, Explanation, Question, Source
from proxy.app.explain import explain as explained
from proxy.cli.report import Report, config_option, pass_report
from proxy.config.load import load_config


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
    _say(report, found)
    report.exit(failed=not found.allowed)


def _say(report: Report, found: Explanation) -> None:
    for warning in found.warnings:
        report.say(f"warning: {warning}", style="yellow")
    report.put(**asdict(found))
    if report.for_programs:
        return
    report.table([{"": name, "verdict": value} for name, value in _verdict(found).items() if value])
    report.table([row for one in found.columns for row in _rows(one)], title="result columns")
    rows = [{"use": use.use, "column": one.column, "level": one.level, "rule": one.rule} for use in found.uses
            for one in use.columns]  # fmt: skip
    report.table(rows, title="what happens to columns")
    report.table([{"relation": name} for name in found.relations], title="relations")
    report.table(found.unproven, title="what could not be proven")
    if not found.proven:
        report.say("The server shows no tree of it: the text alone decides.")
    for each in found.unknown:
        report.say(f"not known: {each}")


def _verdict(found: Explanation) -> dict[str, object]:
    return {
        "statement is": "allowed" if found.allowed else "refused",
        "subject": found.subject,
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
    return {"from": source.column, "level": source.level, "rule": source.rule}
