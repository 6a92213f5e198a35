"""The registry of commands, and the way in. A command's module is imported when the command is called."""

import sys
from collections.abc import Sequence
from importlib import metadata
from types import MappingProxyType
from typing import Final, NamedTuple

import click

from proxy.cli.lazy import LazyGroup
from proxy.cli.report import Format, Report
from proxy.errors import WardenError


class Entry(NamedTuple):
    """One command: where it is, and its line in `pgwarden --help` (so that help imports nothing)."""

    place: str  # module:function
    about: str


COMMANDS: Final = MappingProxyType(
    {
        "serve": Entry("proxy.cli.serve:serve", "Run the proxy. SIGHUP reloads the rules, SIGTERM drains."),
        "demo": Entry("proxy.cli.demo:demo", "Show the same query as two people, on a database of its own."),
        "check": Entry("proxy.cli.check:check", "Validate configuration and rules, against the live catalog too."),
        "explain": Entry("proxy.cli.explain:explain", "Show what a statement touches, and the rule that speaks."),
        "catalog watch": Entry("proxy.cli.catalog_watch:catalog_watch", "The event trigger that tells of DDL at once."),
        "audit tail": Entry("proxy.cli.audit_tail:audit_tail", "Follow the audit journal."),
        "audit search": Entry("proxy.cli.audit_search:audit_search", "Find records by user, relation, decision, time."),
        "audit export": Entry("proxy.cli.audit_export:audit_export", "Write the records as JSON Lines."),
        "audit verify": Entry("proxy.cli.audit_verify:audit_verify", "Check the hash chain and the seals."),
        "audit stats": Entry("proxy.cli.audit_stats:audit_stats", "Count records by decision, user and relation."),
    }
)
GROUPS: Final = MappingProxyType(
    {
        "catalog": "How changes of the databases' catalogs are noticed.",
        "audit": "Search, follow, export and verify the audit journal.",
    }
)

pgwarden = LazyGroup(
    "pgwarden",
    commands={name: (entry.place, entry.about) for name, entry in COMMANDS.items()},
    groups=GROUPS,
    about="A PostgreSQL proxy that audits, firewalls and masks.",
    epilog="Example: pgwarden check --config pgwarden.yaml",
)


def _version(ctx: click.Context, _param: click.Parameter, asked: object) -> None:
    if asked and not ctx.resilient_parsing:
        try:
            click.echo(f"pgwarden {metadata.version('pgwarden')}")
        except metadata.PackageNotFoundError:
            click.echo("pgwarden, run from its source")
        ctx.exit()


click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print it.")(
    pgwarden
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 ok, 1 the check or the command failed, 2 wrong usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        sys.exit(pgwarden.main(given, prog_name="pgwarden", standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(130)  # the shell's word for an interrupt
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except WardenError as error:
        Report(to=Format.JSON if "--json" in given else Format.TEXT).failure(error)
        sys.exit(1)
