"""The way in: `load_config` and `load_rules` give a result or one error, `read_*` give every problem."""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from proxy.admin.settings import address
from proxy.config.decode import MISSING, Decoder
from proxy.config.document import Mapping, Node, Scalar, read_document
from proxy.config.problems import Place, Problem, Problems, shown
from proxy.config.rules import read_rule_files
from proxy.config.secret import expand
from proxy.config.settings import Config
from proxy.errors import ConfigError
from proxy.policy.rules import Rules

LATER: Final[MappingType[tuple[str, str, str | None], tuple[str, str]]] = {
    ("listen", "tls", None): (
        "tls is not in this version",
        "Take it out and listen on 127.0.0.1, or put a TLS tunnel in front.",
    ),
    ("upstream", "tls", None): (
        "tls is not in this version",
        "Take it out and reach the server through its Unix socket or a private network.",
    ),
    ("audit", "mode", "strict"): (
        "mode: strict is not in this version",
        "Take durable: nothing reaches the client before its record is on disk.",
    ),
}
"""Section, key and value (None: any) of what the design names and this version does not do, and what is said of it."""


def load_config(path: Path) -> Config:
    """The configuration. Raises ConfigError at the first fault."""
    config, problems = read_config(path)
    if config is None:
        raise next(problem.as_error() for problem in problems)
    return config


def load_rules(paths: Sequence[Path]) -> Rules:
    """The rules of all files together. Raises ConfigError at the first fault."""
    rules, problems = read_rules(paths)
    if rules is None:
        raise next(problem.as_error() for problem in problems)
    return rules


def read_config(path: Path) -> tuple[Config | None, tuple[Problem, ...]]:
    """The configuration, None where it has errors; and every problem, errors first where there is none to return."""
    problems = Problems()
    if not path.exists():
        hint = "Name the file with --config, or start from the pgwarden.yaml of the project."
        problems.error(Place(shown(path)), "is not there", hint)
    node = read_document(path, problems) if path.exists() else None
    if node is None:
        return None, problems.errors_first
    directory = path.absolute().parent
    node = _without_later(expand(node, directory, problems), problems)
    config = Decoder(directory, problems).decode(node, Config)
    if config is not MISSING:
        _check(node, config, problems)
    if problems.errors or config is MISSING:
        return None, problems.errors_first
    return _anchored(config, directory), problems.all


def rule_paths(path: Path) -> tuple[Path, ...]:
    """The rule files that a configuration names, whatever else is wrong with it."""
    silent = Problems()
    node = read_document(path, silent)
    rules = node.get("rules") if isinstance(node, Mapping) else None
    paths = MISSING if rules is None else Decoder(path.absolute().parent, silent).decode(rules, tuple[Path, ...])
    return () if paths is MISSING else paths


def read_rules(paths: Sequence[Path]) -> tuple[Rules | None, tuple[Problem, ...]]:
    """The rules, None where they have errors; and every problem."""
    problems = Problems()
    rules = read_rule_files(paths, problems)
    if problems.errors or rules is None:
        return None, problems.errors_first
    return rules, problems.all


def _without_later(node: Node, problems: Problems) -> Node:
    """The sections without what the design names and this version does not do: said, never ignored."""
    if not isinstance(node, Mapping):
        return node
    entries = []
    for key, section in node.entries:
        if isinstance(section, Mapping):
            later = [(word, _later(key.text, word.text, value)) for word, value in section.entries]
            for word, said in ((word, said) for word, said in later if said is not None):
                problems.error(word.place, *said)
                section = section.without(word.text)  # the rest is read on
        entries.append((key, section))
    return Mapping(node.place, tuple(entries))


def _later(section: str, key: str, value: Node) -> tuple[str, str] | None:
    text = value.text if isinstance(value, Scalar) else None
    return LATER.get((section, key, None)) or LATER.get((section, key, text))


def _anchored(config: Config, directory: Path) -> Config:
    """The configuration with the default audit directory beside the file, wherever pgwarden was started."""
    audit = replace(config.audit, directory=directory / config.audit.directory)
    return replace(config, audit=audit)


def _check(node: Node, config: Config, problems: Problems) -> None:
    """What cannot be seen from one value alone."""
    if config.workers != 1:
        problems.error(_at(node, "workers"), "only one worker is in this version", "Write workers: 1, or take it out.")
    if config.admin is not None:
        try:
            address(config.admin)
        except ConfigError as error:
            problems.error(_at(node, "admin"), str(error), error.hint or "")


def _at(node: Node, name: str) -> Place:
    found = node.get(name) if isinstance(node, Mapping) else None
    return node.place if found is None else found.place
