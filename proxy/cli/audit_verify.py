"""`pgwarden audit verify`: was anything changed."""

from pathlib import Path

import click

from proxy.audit.format import segment_files
from proxy.audit.keys import read_key_file
from proxy.audit.search import folders
from proxy.audit.verify import Verified, verify
from proxy.cli.audit_options import journal, journal_argument, journal_key
from proxy.cli.report import Report, pass_report


@click.command("verify", epilog="Example: pgwarden audit verify /var/lib/pgwarden/audit")
@journal_argument
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="The journal's key, if it is elsewhere.")
@pass_report
def audit_verify(report: Report, directory: Path | None, config_path: Path, key: Path | None) -> None:
    """Check the hash chain and the seals of an audit journal.

    Names each fault by segment, entry and byte: bits flipped, entries altered, removed, inserted or moved, segments
    truncated, replaced or missing. Works while the proxy writes, and on a copy. Exits with 1 where there is a fault.
    """
    where = journal(directory, config_path)
    size = sum(path.stat().st_size for folder in folders(where) for path in segment_files(folder))
    keys = read_key_file(journal_key(directory, config_path, key))
    with report.progress("verifying", total=size) as progress:
        found = verify(where, keys, progress)
    report.put(intact=not found.faults, segments=found.segments, entries=found.entries, bytes=found.bytes)
    report.put(workers=found.workers, open=found.open, recovered=found.recovered)
    report.table(found.faults, name="faults")
    _say(report, found)
    report.exit(failed=found.faults)


def _say(report: Report, found: Verified) -> None:
    for line in found.recovered:
        report.say(f"the writer did not end cleanly, as the next start found: {line}")
    for name in found.open:
        report.say(f"{name} is not sealed: its writer is at work, or was killed")
    size = f"{found.entries} entries in {found.segments} segments, {found.bytes / 1e6:.1f} MB"
    if found.faults:
        report.say(f"not intact: {len(found.faults)} faults; {size}", style="red")
    else:
        report.say(f"intact: {size}", style="green")
