"""`pgwarden audit stats`: how much of what."""

from pathlib import Path

import click

from proxy.audit.joiner import Events
from proxy.audit.search import records
from proxy.audit.selection import Selection
from proxy.audit.stats import count
from proxy.cli.audit_options import journal, journal_argument, selecting
from proxy.cli.report import Report, pass_report


@click.command("stats", epilog="Example: pgwarden audit stats --since 30d --top 5")
@journal_argument
@selecting
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Values shown of each field.")
@pass_report
def audit_stats(
    report: Report, directory: Path | None, config_path: Path, selection: Selection, events: Events, top: int
) -> None:
    """Count records by decision, outcome, user, subject, kind, relation, rule and masked column."""
    where = journal(directory, config_path)
    with report.progress("counting") as progress:
        totals, counts = count(records(where, selection, events, progress), top)
    report.put(records=totals.records, rows=totals.rows, bytes=totals.bytes, first=totals.first, last=totals.last)
    report.table(counts, name="counts", empty="no record matches")
    if totals.records:
        report.say(f"{totals.records} records, {totals.rows} rows, {totals.first} to {totals.last}")
