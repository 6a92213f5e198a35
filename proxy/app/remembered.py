"""What `check` says of the memory: columns whose level no entry of the rules gives them under their present name."""

from collections.abc import Iterator, Sequence
from typing import Final

from proxy.app.state_file import StateFile
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Snapshot
from proxy.config.problems import Place, Problem, Severity, shown
from proxy.config.settings import Config
from proxy.decide.classification import named_columns
from proxy.decide.memory import Memory, Why
from proxy.decide.standing import memory_name
from proxy.decide.sticky import Stuck, hold
from proxy.decide.trees import TREE_BYTES
from proxy.errors import ConfigError
from proxy.policy.rules import Rules


def remembered(config: Config, rules: Rules, snapshots: Sequence[Snapshot]) -> tuple[Problem, ...]:
    """A warning for each such column, with the line that says it; an error where the memory cannot be read."""
    state = StateFile(config.state_directory)
    try:
        memories = state.load()
    except ConfigError as error:
        return (Problem(Place(shown(state.path)), str(error.args[0]), error.hint or ""),)
    found: list[Problem] = []
    for snapshot in snapshots:
        memory = memories.get(memory_name(snapshot), Memory())
        stuck, _ = hold(rules, snapshot, memory, named_columns(rules, snapshot))
        found += (_problem(rules, snapshot.database, one) for one in stuck)
        found += _too_large(snapshot)
    return tuple(found)


LINES: Final = {
    Why.NAMED: "Name it as it is now: - {{column: {name}, level: {level}, type: {type}}}; or with another level.",
    Why.FLOW: "Say so: - {{column: {name}, level: {level}, type: {type}}}. "
    "Or let such values in: {{column: {name}, level: {lowest}, on_flow: report}}",
}


def _problem(rules: Rules, database: str, one: Stuck) -> Problem:
    type_ = one.known.type if one.known.type in rules.masks else "default"
    words = {"name": one.name, "level": one.kept.level, "type": type_, "lowest": rules.levels[0]}
    what = f"{one.name} is {one.kept.level} though no entry says so: {one.known.rule}"
    return Problem(Place(database), what, LINES[one.kept.why].format(**words), Severity.WARNING)


def _too_large(snapshot: Snapshot) -> Iterator[Problem]:
    for relation in snapshot.relations.values():
        if relation.oid >= FIRST_NORMAL_OID and len(relation.view or "") > TREE_BYTES:
            what = f"the stored tree of {relation.full_name} is larger than what is read"
            hint = "Its columns are of the highest level, and what reads it is refused to restricted readers."
            yield Problem(Place(snapshot.database), what, hint, Severity.WARNING)
