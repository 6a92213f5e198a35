"""`pgwarden audit export`: records for other tools."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import click

from proxy.audit.export import FORMATS, whole_file
from proxy.audit.joiner import Events
from proxy.audit.record import Record
from proxy.audit.search import records
from proxy.audit.selection import Selection
from proxy.cli.audit_options import journal, journal_argument, selecting
from proxy.cli.report import Report, pass_report


class Counted:
    """Passes records on, and knows how many."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records, self.number = records, 0

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self.number += 1
            yield record


@click.command("export", epilog="Example: pgwarden audit export --since 2026-05-01 --output may.jsonl")
@journal_argument
@selecting
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; without it standard output.")
@pass_report
def audit_export(
    report: Report,
    directory: Path | None,
    config_path: Path,
    selection: Selection,
    events: Events,
    format_: str,
    output: Path | None,
) -> None:
    """Write records as JSON Lines, CSV, OCSF events (class 6005) or CEF lines.

    The file appears under its name when all of it is written. Records of one worker are in the order of its chain.
    """
    where = journal(directory, config_path)
    with report.progress("exporting") as progress:
        found = Counted(records(where, selection, events, progress))
        lines = FORMATS[format_](found)
        if output is None:
            _write(sys.stdout.buffer, lines)
            return
        with whole_file(output) as file:
            _write(file, lines)
    report.put(records=found.number, output=str(output))
    report.say(f"{found.number} records in {output}")


def _write(file: BinaryIO, lines: Iterable[bytes]) -> None:
    for line in lines:
        file.write(line)
    file.flush()
