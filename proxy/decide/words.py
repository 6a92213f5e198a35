"""What is asked of the decide room, and what it answers."""

from typing import Any, NewType

import msgspec

from proxy.masking.rows import RowMask
from proxy.model import Classification, Decision, Footprint, Principal, Reading

ContextId = NewType("ContextId", int)


class Login(msgspec.Struct, frozen=True):
    """Who has logged in, as far as subjects ask."""

    user: str
    database: str
    client_addr: str
    application: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The moment of a session as decisions see it: equal places, of the same id, decide every text alike."""

    id: ContextId
    database: str
    principal: Principal
    subject: Any  # policy.rules.Subject: what it holds is policy's affair
    subject_name: str
    classification: Classification
    ground: Any  # analysis.ground.Ground, which holds the snapshot
    client_encoding: str = "UTF8"
    restricted: bool
    shield: bytes
    """The protected columns as the lane takes them: relation << 16 | attnum, native 8-byte integers."""
    definitions: Any = None  # decide.definitions.Definitions: the masks of stored definitions
    flows: bool = False
    """Something is classified: what a statement moves is looked after, whoever sends it."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement's record says besides who ran it and how it went; all by name."""

    kind: str
    effects: tuple[str, ...]
    relations: tuple[str, ...]
    columns: tuple[str, ...]
    masked: tuple[tuple[str, str], ...]
    disagreement: str = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with all that carries it out. footprint None: the server gave no tree. columns: how many the result
    has, -1 where the analysis does not say; covered: one byte for each, 1 where mask covers it."""

    decision: Decision
    reading: Reading
    footprint: Footprint | None
    facts: Facts
    mask: RowMask | None = None
    covered: bytes = b""
    columns: int = -1
    by_text: bool = False
    """The template does not decide: the whole text is the key."""
    sets: bool = False
    """It calls set_config or its kind: the session's settings may be others afterwards."""
    flows: tuple[Any, ...] = ()
    """policy.flows.Flow: values that it moves to columns of a lower level."""
