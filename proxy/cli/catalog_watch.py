"""`pgwarden catalog watch`: the event trigger that tells of DDL at once."""

import asyncio
import os
from pathlib import Path

import click

from proxy.catalog.watching import INSTALL, REMOVE
from proxy.cli.report import Report, config_option, pass_report


@click.command(
    "watch", epilog="Example: PGPASSWORD=… pgwarden catalog watch --install --user postgres --config pgwarden.yaml"
)
@config_option
@click.option("--install", "action", flag_value="install", help="Run it in every database that is served.")
@click.option("--remove", "action", flag_value="remove", help="Take it out again.")
@click.option("--print", "action", flag_value="print", default="print", hidden=True)
@click.option("--user", default="", help="A superuser, with PGPASSWORD. Default: the catalog account.")
@pass_report
def catalog_watch(report: Report, config_path: Path, action: str, user: str) -> None:
    """Print or install the event trigger that tells of DDL at once.

    Without it a change that is made behind pgwarden's back is noticed by the next poll (catalog.poll_seconds). The
    trigger sends a notification without content; roles and their memberships have no triggers and stay with the poll.
    A transaction that changes tables can then not be prepared for two-phase commit.
    """
    if action == "print":
        report.say(INSTALL.rstrip())
        report.put(sql=INSTALL)
        return
    from proxy.app.catalog_watch import acting_as, carry_out  # late: printing needs no driver
    from proxy.config.load import load_config

    config = load_config(config_path)
    if user:
        config = acting_as(config, user, os.environ.get("PGPASSWORD", ""))
    with report.progress("asking the server"):
        found = asyncio.run(carry_out(config, INSTALL if action == "install" else REMOVE))
    report.table(found)
    report.exit(failed=any(one.installed is not (action == "install") for one in found))
