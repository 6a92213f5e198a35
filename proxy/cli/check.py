"""`pgwarden check`: is the configuration right, are the rules, and do they fit the databases behind."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from proxy.catalog.snapshot import Column, Snapshot
from proxy.cli.report import Report, config_option, one_line, pass_report
from proxy.config.against import Misfit, against, missing_keys
from proxy.config.load import read_config, read_rules, rule_paths
from proxy.config.problems import Problem, Severity
from proxy.config.settings import Config
from proxy.decide.documents import holds_documents
from proxy.decide.masks import column_of
from proxy.masking.documents import TEXT
from proxy.masking.method import Method
from proxy.policy.rules import ClassifyEntry, Rules

COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


@click.command("check", epilog="Example: pgwarden check --config pgwarden.yaml --offline")
@config_option
@click.option("--offline", "where", flag_value="offline", help="Read the files, ask no server.")
@click.option("--live", "where", flag_value="live", default="live", hidden=True)
@pass_report
def check(report: Report, config_path: Path, where: str) -> None:
    """Validate configuration and rules, against the live catalog too.

    Every problem is told at file:line:column, with what to do about it. Errors keep pgwarden from starting and make
    the command exit with 1; warnings do not.
    """
    config, problems = read_config(config_path)
    rules, found = read_rules(rule_paths(config_path) if config is None else config.rules)
    problems += found
    if config is not None and rules is not None:
        problems += missing_keys(rules, config)
    databases: list[str] = []
    if config is not None and rules is not None and where == "live":
        with report.progress("asking the server"):
            databases, found = _live(config_path, config, rules)
        problems += found
    _say(report, problems, databases)
    report.exit(failed=any(problem.severity is Severity.ERROR for problem in problems))


def _live(path: Path, config: Config, rules: Rules) -> tuple[list[str], tuple[Problem, ...]]:
    from proxy.app.remembered import remembered  # late: reading files needs no driver
    from proxy.cli.live import look

    seen = look(path, config)
    found = against(rules, seen.snapshots, _misfit(rules)) if seen.snapshots else ()
    return [snapshot.database for snapshot in seen.snapshots], (
        *seen.problems,
        *found,
        *remembered(config, rules, seen.snapshots),
    )


def _misfit(rules: Rules) -> Misfit:
    def misfit(entry: ClassifyEntry, column: Column, snapshot: Snapshot) -> str:
        if entry.json is not None and not holds_documents(snapshot, column):
            return "no json or jsonb, so all of it is protected"
        mask = rules.mask_for(entry.type)
        if mask is None or not isinstance(mask.method, Method):
            return ""
        shape = TEXT if entry.json is not None else column_of(snapshot, column.type_oid, column.typmod)
        return mask.method.problem(shape) or mask.method.warning(shape)

    return misfit


def _say(report: Report, problems: Sequence[Problem], databases: Sequence[str]) -> None:
    for problem in problems:
        words = one_line(problem.as_error()).removeprefix("pgwarden: ")
        report.say(f"{problem.severity.value}: {words}", style=COLOURS[problem.severity])
    report.put(
        problems=[
            {
                "severity": problem.severity.value,
                "file": problem.place.file,
                "line": problem.place.line or None,
                "column": problem.place.column or None,
                "what": problem.what,
                "hint": problem.hint,
            }
            for problem in problems
        ],
        databases=list(databases),
    )
    count = Counter(problem.severity for problem in problems)
    looked = f"; databases: {', '.join(databases)}" if databases else ""
    report.say(f"{_many(count[Severity.ERROR], 'error')}, {_many(count[Severity.WARNING], 'warning')}{looked}")


def _many(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
