"""The firewall sections of all rule files as one firewall: rules in the order of the files."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET

from proxy.config.decode import Word
from proxy.config.matching import every, names, networks
from proxy.config.problems import Problems, did_you_mean
from proxy.config.rule_file import RuleFile, RuleLine, WhenLine
from proxy.model import Where
from proxy.policy.effects import EFFECTS, LATER_EFFECTS
from proxy.policy.names import relation_pattern
from proxy.policy.reasons import Reason
from proxy.policy.rules import Firewall, FirewallMode, FirewallRule, RuleAction, When

WHERES: Final = {where.value: where for where in (Where.ABSENT, Where.PRESENT, Where.CONSTANT)}
RESERVED: Final = frozenset({"otherwise", *(reason.value for reason in Reason)})
RUNS_CODE: Final = frozenset({"do", "call", "function"})
NOT_AN_ERROR: Final = ("00", "01", "02")  # classes of success and warning; manual, "PostgreSQL Error Codes"


def build_firewall(files: Sequence[RuleFile], subjects: Sequence[str], problems: Problems) -> Firewall | None:
    """One firewall; None where no file has a section of it."""
    sections = [file.firewall for file in files if file.firewall is not None]
    if not sections:
        return None
    stated = [section.otherwise for section in sections if section.otherwise is not UNSET]
    modes = [section.mode for section in sections if section.mode is not UNSET]
    if not stated:
        problems.error(
            sections[-1].place, "otherwise is missing", "Say what happens where no rule matches: allow or refuse."
        )
    lines = [line for section in sections for line in section.rules]
    _check_names(lines, problems)
    _check_unseen(lines, problems)
    return Firewall(
        otherwise=RuleAction(stated[-1]) if stated else RuleAction.REFUSE,
        mode=modes[-1] if modes else FirewallMode.ENFORCE,
        rules=tuple(_rule(line, subjects, problems) for line in lines),
    )


def _rule(line: RuleLine, subjects: Sequence[str], problems: Problems) -> FirewallRule:
    if line.sqlstate.startswith(NOT_AN_ERROR):
        problems.error(line.place, f"{line.sqlstate} is not the SQLSTATE of an error", "The usual one is 42501.")
    return FirewallRule(
        name=str(line.name),
        when=_when(line.when, subjects, problems),
        action=line.action,
        mode=line.mode,
        sqlstate=line.sqlstate,
        message=line.message,
        hint=line.hint,
        place=f"{line.place.file}:{line.place.line}",
    )


def _when(line: WhenLine, subjects: Sequence[str], problems: Problems) -> When:
    _check_words(line.subject, subjects, "subject", problems)
    for word in line.effect:
        if word in LATER_EFFECTS:
            problems.error(word.place, f"effect: {word} is not supported by this version", "Take it out.")
    _check_words([word for word in line.effect if word not in LATER_EFFECTS], EFFECTS, "effect", problems)
    _check_words(line.where, WHERES, "condition of WHERE", problems)
    return When(
        subject=frozenset(map(str, line.subject)),
        user=names(line.user, problems),
        database=names(line.database, problems),
        application=names(line.application, problems),
        network=networks(line.network, problems),
        effect=frozenset(map(str, line.effect)),
        relation=every(line.relation, relation_pattern, problems),
        where=frozenset(WHERES[word] for word in line.where if word in WHERES),
    )


def _check_words(words: Iterable[Word], known: Iterable[str], noun: str, problems: Problems) -> None:
    allowed = list(known)
    for word in words:
        if word not in allowed:
            problems.error(word.place, f'"{word}" is not a known {noun}', did_you_mean(word, allowed))


def _check_unseen(lines: Sequence[RuleLine], problems: Problems) -> None:
    """A rule over relations does not see what code inside the server touches."""
    refusing = [line for line in lines if line.action is RuleAction.REFUSE]
    named = {str(word) for line in refusing for word in line.when.effect}
    if missing := sorted(RUNS_CODE - named):
        hint = f"Add a rule for effect: [{', '.join(missing)}], at least for who may not touch them."
        for line in (line for line in refusing if line.when.relation):
            what = f'"{line.name}" does not see what code inside the server does with its relations'
            problems.warning(line.when.relation[0].place, what, hint)


def _check_names(lines: Iterable[RuleLine], problems: Problems) -> None:
    seen: dict[str, RuleLine] = {}
    for line in lines:
        if line.name in seen:
            problems.error(
                line.name.place, f'the rule "{line.name}" is given twice', f"{seen[line.name].place} has it too."
            )
        elif line.name in RESERVED:
            problems.error(line.name.place, f'"{line.name}" is a name of pgwarden\'s own', "Take another.")
        seen[str(line.name)] = line
