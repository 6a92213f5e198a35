"""`pgwarden audit tail`: what happened last, and what happens now."""

import threading
from pathlib import Path
from typing import Final

import click
import msgspec

from proxy.audit.joiner import Events
from proxy.audit.record import Record
from proxy.audit.search import folders
from proxy.audit.selection import Selection
from proxy.audit.tail import Follower
from proxy.cli.audit_options import journal, journal_argument, selecting
from proxy.cli.audit_show import text
from proxy.cli.report import Report, pass_report

LOOK_EVERY_S: Final = 0.2


@click.command("tail", epilog="Example: pgwarden audit tail -n 20 --follow")
@journal_argument
@selecting
@click.option("-n", "--lines", type=click.IntRange(0, 100_000), default=10, show_default=True, help="How many.")
@click.option("-f", "--follow", "then", flag_value="follow", default="stop", help="Go on with what is added.")
@pass_report
def audit_tail(
    report: Report,
    directory: Path | None,
    config_path: Path,
    selection: Selection,
    events: Events,
    lines: int,
    then: str,
) -> None:
    """Show the last records, and with --follow those that are added.

    With --json each record is a JSON document on a line of its own.
    """
    followers = [Follower(folder, selection, events) for folder in folders(journal(directory, config_path))]
    last = [record for follower in followers for record in follower.last(lines)]
    _show(report, sorted(last, key=lambda record: record.time)[-lines:] if lines else [])
    pause = threading.Event()
    while then == "follow" and not pause.wait(LOOK_EVERY_S):
        _show(report, [record for follower in followers for record in follower.more()])


def _show(report: Report, records: list[Record]) -> None:
    for record in records:
        if report.for_programs:
            click.echo(msgspec.json.encode(record))
        else:
            report.say(text(record))
