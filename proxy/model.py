"""The words of the design as frozen types. Rooms hand these to each other; none of them does anything."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NewType

import msgspec

Oid = NewType("Oid", int)
Attnum = NewType("Attnum", int)
Level = NewType("Level", int)
"""Index into the rules' levels, 0 the lowest."""


class ColumnId(msgspec.Struct, frozen=True, order=True):
    """A column by what PostgreSQL calls it, or a part of a json document in it. attnum 0: the whole row; negative: a
    system column. path: the way to the part, none for all of the document: ".key", "?key" (a key, or a position in an
    array), at its end perhaps AS_TEXT or ITSELF. Positions in arrays do not show: a part of one is a part of all."""

    relation: Oid
    attnum: Attnum
    path: tuple[str, ...] = ()

    @property
    def whole(self) -> "ColumnId":
        """The column that it is, or is a part of."""
        return ColumnId(self.relation, self.attnum) if self.path else self


AS_TEXT: Final = "text"
"""At the end of a path: the part as a text, as ->> gives it."""
ITSELF: Final = "itself"
"""At the end of a path: whether the part is there, and which kind or scalar it is; not what is below it."""


class Step(msgspec.Struct, frozen=True):
    """An expression on the way of a column's value, for people. what: "function upper(text)", "operator ||", "cast to
    text", "aggregate max(text)", "CASE", …; location: byte offset of the expression in the statement's text, -1 where
    the server does not say it."""

    what: str
    location: int = -1


class Use(msgspec.Struct, frozen=True):
    """A column in a place that yields no output. how: "filtered", "sorted", "grouped", "joined", "limit", …"""

    column: ColumnId
    how: str
    location: int = -1


class Origin(msgspec.Struct, frozen=True):
    """Where a value comes from. sources: every column it depends on. direct: the columns whose plain, unchanged
    value it may be (several for the arms of a set operation), empty where it is computed. opaque: why it could
    not be proven; not empty means that nothing else here may be trusted."""

    sources: frozenset[ColumnId] = frozenset()
    direct: frozenset[ColumnId] = frozenset()
    opaque: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    """The expressions that changed or chose the value, outermost first, for people: no decision reads them."""


class Output(msgspec.Struct, frozen=True):
    """One result column."""

    name: str
    type_oid: Oid
    typmod: int
    origin: Origin


class Command(Enum):
    """What the server's tree says a statement is (nodes.h, CmdType)."""

    SELECT = "select"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    MERGE = "merge"
    UTILITY = "utility"
    NOTHING = "nothing"


class Write(msgspec.Struct, frozen=True):
    """A column that a statement assigns, and where the assigned value comes from."""

    column: ColumnId
    origin: Origin


class Footprint(msgspec.Struct, frozen=True):
    """What the server says a statement touches and yields. opaque: reasons why the walk is not a proof."""

    command: Command
    outputs: tuple[Output, ...] = ()
    relations: frozenset[Oid] = frozenset()
    """Every relation read, locked or passed through (views too), by OID."""
    reads: frozenset[ColumnId] = frozenset()
    written: frozenset[Oid] = frozenset()
    writes: tuple[Write, ...] = ()
    filtered: frozenset[ColumnId] = frozenset()
    sorted: frozenset[ColumnId] = frozenset()
    grouped: frozenset[ColumnId] = frozenset()
    joined: frozenset[ColumnId] = frozenset()
    equated: frozenset[ColumnId] = frozenset()
    """Of filtered, grouped and joined, the columns used there only as plain operands of an equality operator."""
    uncounted: frozenset[ColumnId] = frozenset()
    """Of equated, the columns that somewhere meet more than one value of the text or of the parameters: another column,
    a call, an array that is not spelled out. How often their values are guessed cannot be counted."""
    computed: frozenset[ColumnId] = frozenset()
    """Columns that an expression depends on, whether its value is returned or not: whether it fails tells of them."""
    functions: frozenset[Oid] = frozenset()
    """Every function called, operators' functions included."""
    locked: frozenset[Oid] = frozenset()
    row_security: bool = False
    constants: frozenset[int] = frozenset()
    """Byte offsets in the statement's text of the literals that became plain constants in the tree."""
    volatile: bool = False
    """Calls something that may change the session's or the server's state."""
    opaque: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    """Where filtered, sorted, grouped and joined columns stand in the text, for people: no decision reads them."""


class Where(Enum):
    """What the text says about the condition of an UPDATE, DELETE or SELECT."""

    NONE = "none"  # the kind of statement has none
    ABSENT = "absent"
    PRESENT = "present"
    CONSTANT = "constant"


class Literal(msgspec.Struct, frozen=True):
    """A literal of the text by its place (bytes, end exclusive). sign: where the minus is that stands right before
    it, -1 where none does; the server's tree puts a negative constant there."""

    start: int
    end: int
    sign: int = -1


class Scope(Enum):
    """How long a SET lasts."""

    SESSION = "session"
    LOCAL = "local"


class CopyEnd(Enum):
    """Where a COPY's data is outside the server's tables."""

    CLIENT = "client"  # STDIN, STDOUT
    FILE = "file"
    PROGRAM = "program"


class CopyWay(Enum):
    """Which way a COPY's data goes."""

    FROM = "from"
    TO = "to"


class Copy(msgspec.Struct, frozen=True):
    """What a COPY says. relation: None for COPY (query). columns: empty where none are named. format: None where the
    text does not say it with certainty."""

    way: CopyWay
    end: CopyEnd
    relation: str | None = None
    columns: tuple[str, ...] = ()
    format: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """What a statement's text asks for. It never decides a mask. kind: the command's first word or words in lower
    case ("select", "create table", "set", "begin", …). effects: words of design 5.2."""

    kind: str
    effects: frozenset[str]
    relations: tuple[str, ...] = ()
    where: Where = Where.NONE
    parsed: bool = False
    inner: str | None = None
    """The statement inside EXPLAIN, COPY (query), PREPARE … AS, CREATE TABLE … AS, exactly as written."""
    name: str | None = None
    """Setting, cursor, prepared statement, channel or savepoint that the command names, folded as PostgreSQL folds."""
    secret: bool = False
    """The text holds a password: neither it nor its literals are ever stored."""
    probe: bool = False
    """A server of any version prints a rewritten tree when it parses this."""
    changes_state: bool = True
    """Its success may change search_path, role, settings or temporary objects of the session."""
    ddl: bool = True
    """Its success may change the catalog, when its transaction commits."""
    alone: bool = False
    """The server refuses it inside a transaction block and in a pipeline. REINDEX and CLUSTER of a partitioned table
    are refused there too, which no text tells."""
    scope: Scope | None = None
    """How long a SET lasts."""
    copy: Copy | None = None
    bare_temporary: bool = False
    """CREATE TEMPORARY TABLE of columns and their types: nothing in it runs code or refers to another relation."""
    upkeep: bool = False
    """TRUNCATE, or CREATE INDEX on bare columns: it runs nothing of anybody's on a table that runs nothing."""
    own: bool = False
    """The relations are temporary ones of the session that run nothing: the server was asked."""


class Principal(msgspec.Struct, frozen=True):
    """A logged-in session's identity. member_of: every role whose privileges it has, itself included."""

    user: str
    database: str
    member_of: frozenset[str] = frozenset()
    superuser: bool = False
    client_addr: str = ""
    application: str = ""


class Treatment(Enum):
    """How one result column may look to one subject."""

    PASS = "pass"  # noqa: S105  a treatment, not a password
    MASK = "mask"  # the method of the column's type
    REDACT = "redact"  # the typed constant
    NULL = "null"
    DEFINITION = "definition"  # a stored definition without its constants


class Classified(msgspec.Struct, frozen=True):
    """What the rules say a column is. type: the label that names its mask, "default" where none is given."""

    level: Level
    type: str = "default"
    rule: str = ""
    """file:line of the entry, for people."""
    keys: tuple[str, ...] | None = None
    """Which part of a document it is, as keys from the outside to the inside; None: the whole column."""


class Document(msgspec.Struct, frozen=True):
    """A column of which parts are classified. rest: what the whole column is besides; None: unclassified."""

    parts: tuple[Classified, ...]
    rest: Classified | None = None


class Stored(msgspec.Struct, frozen=True):
    """A stored definition (a view, a check, a default, a comment …). place: the catalog's column that holds it; meets:
    the columns that a constant in it stands beside; texts: as the server shows it, where that is known."""

    place: ColumnId
    meets: frozenset[ColumnId]
    texts: tuple[str, ...] = ()


class Classification(msgspec.Struct, frozen=True):
    """The classified columns of one database, by id; what is missing is unclassified. documents: those among them of
    which parts are classified; their level in columns is that of the whole, with all its parts."""

    columns: Mapping[ColumnId, Classified]
    highest: Level
    unclassified: Level | None = None
    """None: an unlisted column is masked (`unclassified: mask`)."""
    stored: tuple[Stored, ...] = ()
    documents: Mapping[ColumnId, Document] = MappingProxyType({})


class ColumnTreatment(msgspec.Struct, frozen=True):
    """What is done to one result column. label: the key under `masks`; column: what it protects, for the record.
    parts: where parts of a document are masked, and the rest is not, their keys and labels."""

    treatment: Treatment
    label: str = "default"
    column: ColumnId | None = None
    parts: tuple[tuple[tuple[str, ...], str], ...] = ()


class Action(Enum):
    """What a decision does with the statement."""

    ALLOW = "allow"
    REFUSE = "refuse"


class Decision(msgspec.Struct, frozen=True):
    """The verdict of policy on one statement of one subject."""

    action: Action
    subject: str
    rule: str = ""
    reason: str = ""
    """A stable code: "ok", "opaque", "derived", "inference", "laundering", "utility", "firewall", …"""
    sqlstate: str = "42501"
    message: str = ""
    hint: str = ""
    treatments: tuple[ColumnTreatment, ...] = ()
    """One for each output; empty where nothing is masked."""
    tainted: bool = False
    """Touches a column above the subject's clearance (or may): errors and notices are scrubbed."""
    digest: bool = False
    """Its literals and parameters may meet a classified column: stored as keyed digests."""
    guesses: frozenset[ColumnId] = frozenset()
    """Protected columns that its literals and parameters may be guesses at, which a budget counts at each execution."""
    restricted: bool = True
    """The subject's clearance is below the level of at least one column."""
