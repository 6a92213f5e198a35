"""The rules as frozen types: the config room reads them from YAML. Every default is the strictest."""

from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from proxy.model import Level, Where
from proxy.policy.names import ColumnPattern, NamePattern, RelationPattern
from proxy.policy.trusted import TrustedFunction

Network: TypeAlias = IPv4Network | IPv6Network
UNBOUNDED: Final = Level(1 << 30)
DEFAULT_LABEL: Final = "default"
DERIVED_LABEL: Final = "(derived)"
"""Of a column that stores what was computed from protected ones: its mask is a constant, whatever the rules say of the
types that it comes from. Equal masks would tell of equal lengths."""


class Derived(Enum):
    """What a reader gets of an expression over protected columns."""

    REFUSE = "refuse"
    MASK = "mask"
    NULL = "null"


class Inference(Enum):
    """What protected columns may do other than be returned."""

    NONE = "none"
    EQUALITY = "equality"
    OPEN = "open"


class Unproven(Enum):
    """What happens where the analysis could not prove what a value is (`opaque` in the rules)."""

    REFUSE = "refuse"
    MASK = "mask"


class Writes(Enum):
    """Whether a restricted subject may write columns that it may not see."""

    REFUSE = "refuse"
    ALLOW = "allow"


class OnFlow(Enum):
    """What becomes of a column that receives values of a higher level: it takes that level, or is only reported."""

    RAISE = "raise"
    REPORT = "report"


class Budget(msgspec.Struct, frozen=True):
    """How many distinct values one principal may compare protected columns with, in seconds counted from the first."""

    probes: int
    seconds: int


class RuleAction(Enum):
    """What a firewall rule does."""

    ALLOW = "allow"
    REPORT = "report"
    REFUSE = "refuse"


class FirewallMode(Enum):
    """observe: everything as if, nothing refused."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class Match(msgspec.Struct, frozen=True):
    """Who is meant. An empty tuple asks nothing; every one that is not empty must fit."""

    user: tuple[NamePattern, ...] = ()
    member_of: tuple[NamePattern, ...] = ()
    database: tuple[NamePattern, ...] = ()
    application: tuple[NamePattern, ...] = ()
    network: tuple[Network, ...] = ()


class Subject(msgspec.Struct, frozen=True):
    """Who is asking, and what they may see. top: the highest level that the rules name."""

    name: str
    match: Match = Match()
    clearance: Level = Level(0)
    derived: Derived = Derived.REFUSE
    inference: Inference = Inference.NONE
    opaque: Unproven = Unproven.REFUSE
    writes: Writes = Writes.REFUSE
    budget: Budget | None = None
    """None: probes are not counted."""
    top: Level = UNBOUNDED
    place: str = ""


class ClassifyEntry(msgspec.Struct, frozen=True):
    """What some columns are. json: the path inside a document that is meant; the whole column counts as protected."""

    column: ColumnPattern
    level: Level
    type: str = DEFAULT_LABEL
    json: str | None = None
    database: NamePattern | None = None
    on_flow: OnFlow | None = None
    """What is done where values of a higher level arrive; None: what the rules say for all."""
    place: str = ""


class MaskEntry(msgspec.Struct, frozen=True):
    """How a type looks to a reader below its level. method: an object of the masking room, opaque to policy."""

    label: str
    method: object
    place: str = ""


class When(msgspec.Struct, frozen=True):
    """Conditions of a firewall rule. An empty one asks nothing; every one that is not empty must hold."""

    subject: frozenset[str] = frozenset()
    user: tuple[NamePattern, ...] = ()
    database: tuple[NamePattern, ...] = ()
    application: tuple[NamePattern, ...] = ()
    network: tuple[Network, ...] = ()
    effect: frozenset[str] = frozenset()
    relation: tuple[RelationPattern, ...] = ()
    where: frozenset[Where] = frozenset()


class FirewallRule(msgspec.Struct, frozen=True):
    """One rule: the first whose conditions all hold speaks."""

    name: str
    when: When = When()
    action: RuleAction = RuleAction.REFUSE
    mode: FirewallMode = FirewallMode.ENFORCE
    sqlstate: str = "42501"
    message: str = ""
    hint: str = ""
    place: str = ""


class Firewall(msgspec.Struct, frozen=True):
    """All rules in order, and what happens where none speaks."""

    otherwise: RuleAction
    mode: FirewallMode = FirewallMode.ENFORCE
    rules: tuple[FirewallRule, ...] = ()


class Rules(msgspec.Struct, frozen=True):
    """Everything that the rule files say together. classify: one tuple a file, in the order written.
    unclassified None: `mask`. firewall None: no file has one. version: changes when any file does."""

    levels: tuple[str, ...]
    unclassified: Level | None
    classify: tuple[tuple[ClassifyEntry, ...], ...] = ()
    masks: Mapping[str, MaskEntry] = MappingProxyType({})
    subjects: tuple[Subject, ...] = ()
    firewall: Firewall | None = None
    on_flow: OnFlow = OnFlow.RAISE
    trusted: tuple[TrustedFunction, ...] = ()
    version: str = ""
    files: tuple[str, ...] = ()

    @property
    def top(self) -> Level:
        """The highest level that has a name."""
        return Level(len(self.levels) - 1)

    def mask_for(self, label: str) -> MaskEntry | None:
        """How a type is masked; None where the rules name neither it nor a default, which means `auto`."""
        return self.masks.get(label) or self.masks.get(DEFAULT_LABEL)
