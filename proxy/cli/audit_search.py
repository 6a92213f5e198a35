"""`pgwarden audit search`: which statements were those."""

from pathlib import Path

import click

from proxy.audit.joiner import Events
from proxy.audit.search import newest, records
from proxy.audit.selection import Selection
from proxy.cli.audit_options import journal, journal_argument, selecting
from proxy.cli.audit_show import line
from proxy.cli.report import Report, pass_report


@click.command("search", epilog="Example: pgwarden audit search --user 'ana*' --column email --since 7d")
@journal_argument
@selecting
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest ones, at most.")
@pass_report
def audit_search(
    report: Report, directory: Path | None, config_path: Path, selection: Selection, events: Events, limit: int
) -> None:
    """Find records by user, relation, column, decision, time and text.

    Conditions of different kinds must all hold; of several of one kind, one. With --json every field is there.
    """
    where = journal(directory, config_path)
    with report.progress("searching") as progress:
        found = newest(records(where, selection, events, progress), limit)
    rows = found if report.for_programs else [line(record) for record in found]
    report.table(rows, name="records", empty="no record matches")
