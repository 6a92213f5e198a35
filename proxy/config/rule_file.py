"""What one rule file may hold, as it is written: words with their places, not yet checked against each other.

later, later_values: what the design has and this version does not evaluate; it is refused at its place, never ignored.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from proxy.config.decode import Word
from proxy.config.functions import FunctionsSection
from proxy.config.inference import InferenceNode
from proxy.config.masks import MaskNode
from proxy.config.problems import Place
from proxy.policy.rules import Derived, FirewallMode, OnFlow, RuleAction, Unproven, Writes

Words = Annotated[tuple[Word, ...], Meta(min_length=1)]
NOWHERE = Place()


class ClassifyLine(msgspec.Struct, frozen=True):
    """An entry of `classify`."""

    column: Word
    level: Word
    type: Word = Word("default", NOWHERE)
    json: Word | None = None
    database: Word | None = None
    on_flow: OnFlow | None = None
    place: Place = NOWHERE


class MatchLine(msgspec.Struct, frozen=True):
    """`match` of a subject."""

    later: ClassVar[frozenset[str]] = frozenset({"end_user", "device", "driver", "hours"})

    user: Words = ()
    member_of: Words = ()
    database: Words = ()
    application: Words = ()
    network: Words = ()


class SubjectLine(msgspec.Struct, frozen=True):
    """An entry of `subjects`."""

    hints: ClassVar[Mapping[str, str]] = {"match": "Write match: {} for everybody.", "clearance": "Name a level."}

    name: Word
    match: MatchLine
    clearance: Word
    derived: Derived = Derived.REFUSE
    inference: InferenceNode = InferenceNode()
    opaque: Unproven = Unproven.REFUSE
    writes: Writes = Writes.REFUSE
    place: Place = NOWHERE


class WhenLine(msgspec.Struct, frozen=True):
    """`when` of a firewall rule."""

    later: ClassVar[frozenset[str]] = frozenset(
        [
            "hours",
            "column",
            "level",
            "limit",
            "joins",
            "tables",
            "length",
            "depth",
            "function",
            "setting",
            "comment",
            "commands",
            "protocol",
            "literal",
            "driver",
            "device",
            "parsed",
        ]
    )

    subject: Words = ()
    user: Words = ()
    database: Words = ()
    application: Words = ()
    network: Words = ()
    effect: Words = ()
    relation: Words = ()
    where: Words = ()


class RuleLine(msgspec.Struct, frozen=True):
    """An entry of `firewall.rules`."""

    later: ClassVar[frozenset[str]] = frozenset({"limit", "require"})
    later_values: ClassVar[Mapping[str, frozenset[str]]] = {"action": frozenset({"close", "delay"})}

    name: Word
    action: RuleAction
    when: WhenLine = WhenLine()
    mode: FirewallMode = FirewallMode.ENFORCE
    sqlstate: Annotated[str, Meta(pattern="^[0-9A-Z]{5}$")] = "42501"
    message: str = ""
    hint: str = ""
    place: Place = NOWHERE


class FirewallSection(msgspec.Struct, frozen=True):
    """`firewall`. otherwise is required where the section is there, in one of the files."""

    later: ClassVar[frozenset[str]] = frozenset({"injection"})
    later_values: ClassVar[Mapping[str, frozenset[str]]] = {"mode": frozenset({"allowlist"})}

    otherwise: Literal["allow", "refuse"] | UnsetType = UNSET
    mode: FirewallMode | UnsetType = UNSET
    rules: tuple[RuleLine, ...] = ()
    place: Place = NOWHERE


class RuleFile(msgspec.Struct, frozen=True):
    """A whole file."""

    hints: ClassVar[Mapping[str, str]] = {"version": "Write version: 1 at the top."}
    later: ClassVar[frozenset[str]] = frozenset({"allow", "grants"})

    version: Literal[1]
    levels: Words | UnsetType = UNSET
    classify: tuple[ClassifyLine, ...] = ()
    unclassified: Word | UnsetType = UNSET
    masks: dict[Word, MaskNode] = {}
    subjects: tuple[SubjectLine, ...] = ()
    firewall: FirewallSection | None = None
    functions: FunctionsSection | None = None
    on_flow: OnFlow | UnsetType = UNSET
    place: Place = NOWHERE
