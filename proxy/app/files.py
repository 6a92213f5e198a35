"""The configuration and the rules from their files, with everything that is odd about them told."""

from pathlib import Path

from proxy.config.load import load_config, load_rules, read_config, read_rules
from proxy.config.problems import Severity
from proxy.config.settings import Config
from proxy.observe.logs import EventLog
from proxy.policy.rules import Rules

_log = EventLog("pgwarden")


def read_files(path: Path) -> tuple[Config, Rules]:
    """Both; warnings are logged. Raises ConfigError at the first fault."""
    config, found = read_config(path)
    if config is None:
        config = load_config(path)  # says what the first fault is
    rules, more = read_rules(config.rules)
    if rules is None:
        rules = load_rules(config.rules)
    for problem in (*found, *more):
        if problem.severity is Severity.WARNING:
            _log.warning("check", place=str(problem.place), what=problem.what, hint=problem.hint)
    return config, rules
