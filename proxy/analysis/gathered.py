"""What a walk gathers on its way, for the whole statement."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from proxy.analysis.nodes import ALL
from proxy.analysis.tree import Node
from proxy.analysis.values import NOTHING, Value, all_of
from proxy.model import Attnum, ColumnId, Oid, Origin, Write

STEPS: Final = 500_000  # nodes looked at for one statement; fixpoints look at the same ones again


@dataclass(slots=True)
class Uses:
    """What columns do to the rows of a query, without being in them."""

    filtered: set[ColumnId] = field(default_factory=set)
    sorted: set[ColumnId] = field(default_factory=set)
    grouped: set[ColumnId] = field(default_factory=set)
    joined: set[ColumnId] = field(default_factory=set)
    otherwise: set[ColumnId] = field(default_factory=set)
    """Filtered, grouped or joined by in another way than as plain operands of =."""

    def add(self, other: "Uses") -> None:
        """Take another's in."""
        self.filtered |= other.filtered
        self.sorted |= other.sorted
        self.grouped |= other.grouped
        self.joined |= other.joined
        self.otherwise |= other.otherwise

    def equated(self) -> frozenset[ColumnId]:
        """Compared for equality, and used in no other way."""
        return frozenset((self.filtered | self.grouped | self.joined) - self.otherwise)

    def all(self) -> frozenset[ColumnId]:
        """In whatever way."""
        return frozenset(self.filtered | self.sorted | self.grouped | self.joined)


@dataclass(slots=True)
class Gathered:
    """The sets of a Footprint while they grow."""

    uses: Uses = field(default_factory=Uses)
    relations: set[Oid] = field(default_factory=set)
    reads: set[ColumnId] = field(default_factory=set)
    written: set[Oid] = field(default_factory=set)
    writes: dict[ColumnId, Value] = field(default_factory=dict)
    functions: set[Oid] = field(default_factory=set)
    locked: set[Oid] = field(default_factory=set)
    constants: set[int] = field(default_factory=set)
    decisive: set[int] = field(default_factory=set)
    """Constants whose value was looked at: another literal in their place may mean something else."""
    opaque: set[str] = field(default_factory=set)
    computed: set[ColumnId] = field(default_factory=set)
    """What expressions depend on that may fail."""
    failures: int = 0
    """Nodes so far that may fail."""
    unread: list[frozenset[ColumnId]] = field(default_factory=list)
    """The same of each output of the query that was walked last, where the server computes it only for who reads it."""
    uncounted: set[ColumnId] = field(default_factory=set)
    scalars: dict[int, bool] = field(default_factory=dict)
    """Of types by OID, whether a value of them is a single one."""
    asked: set[ColumnId] = field(default_factory=set)
    """Columns for which the server wants the privilege to select."""
    views: dict[Oid, list[Value]] = field(default_factory=dict)
    row_security: bool = False
    volatile: bool = False
    steps: int = 0

    def step(self) -> None:
        """Count a node. Raises ValueError past the limit."""
        self.steps += 1
        if self.steps > STEPS:
            raise ValueError("tree: too many steps")

    def unproven(self, reasons: Iterable[str]) -> frozenset[str]:
        """Keep reasons for the statement and give them back for the value."""
        found = frozenset(reasons)
        self.opaque |= found
        return found

    def read_all(self) -> None:
        """Every output of the query that was walked last is computed."""
        self.computed.update(*self.unread)
        self.unread = []

    def write(self, relation: Oid, attnum: int, value: Value) -> None:
        """A column is assigned; several assignments of a statement are one that may be any of them."""
        column = ColumnId(relation, Attnum(attnum))
        before = self.writes.get(column)
        self.writes[column] = value if before is None else all_of([before, value])

    def all_writes(self) -> tuple[Write, ...]:
        """In the order of their columns."""
        return tuple(
            Write(column, origin(value)) for column, value in sorted(self.writes.items(), key=lambda one: one[0])
        )


def known_part(gathered: Gathered, node: Node) -> None:
    """Check a node that is no expression: in a field that we do not know there may be anything."""
    kind = ALL.get(node.name)
    if kind is None:
        gathered.unproven((f"node:{node.name}",))
    elif not node.children.keys() <= kind.fields:
        gathered.unproven(f"field:{node.name}.{field}" for field in node.children.keys() - kind.fields)


def origin(value: Value) -> Origin:
    """In the words of the model."""
    return value.origin() if value.direct or value.computed or value.opaque else Origin(NOTHING)
