"""The small world of the policy tests: one table with columns of three levels, people of three clearances."""

from typing import Any

from msgspec.structs import replace

from proxy.model import (
    Attnum,
    Classification,
    Classified,
    ColumnId,
    Command,
    Footprint,
    Level,
    Oid,
    Origin,
    Output,
    Reading,
    Write,
)
from proxy.policy.rules import Derived, Inference, Subject, Unproven

CUSTOMERS, PAYMENTS, NOTES = Oid(20_001), Oid(20_002), Oid(20_003)


def column(relation: int, attnum: int) -> ColumnId:
    return ColumnId(Oid(relation), Attnum(attnum))


ID, EMAIL, BACKUP_EMAIL, PHONE, COUNTRY = (column(CUSTOMERS, attnum) for attnum in range(1, 6))
CARD, AMOUNT = column(PAYMENTS, 1), column(PAYMENTS, 2)
NOTE = column(NOTES, 1)  # a table without anything classified
LISTED = {
    EMAIL: Classified(Level(2), "email"),
    BACKUP_EMAIL: Classified(Level(2), "email"),
    PHONE: Classified(Level(2), "phone"),
    AMOUNT: Classified(Level(1)),
    CARD: Classified(Level(3), "payment_card"),
}
CLASSIFICATION = Classification(LISTED, Level(3), Level(0))
TOP = Level(3)

CLEARED = Subject("app", clearance=TOP, top=TOP)
STRICT = Subject("stranger", clearance=Level(1), top=TOP)
ANALYST = Subject(
    "analyst", clearance=Level(1), derived=Derived.MASK, inference=Inference.EQUALITY, opaque=Unproven.REFUSE, top=TOP
)
OPEN = Subject(
    "open", clearance=Level(1), derived=Derived.MASK, inference=Inference.OPEN, opaque=Unproven.MASK, top=TOP
)


def origin(*sources: ColumnId, direct: tuple[ColumnId, ...] = (), opaque: tuple[str, ...] = ()) -> Origin:
    return Origin(frozenset(sources) | frozenset(direct), frozenset(direct), opaque)


def bare(*columns: ColumnId) -> Output:
    return out(origin(direct=columns))


def computed(*columns: ColumnId) -> Output:
    return out(origin(*columns))


def out(value: Origin) -> Output:
    return Output("column", Oid(25), -1, value)


def unknown(*columns: ColumnId) -> Output:
    return out(origin(*columns, opaque=("function f(text)",)))


def query(*outputs: Output, **more: Any) -> Footprint:
    """A SELECT that yields outputs and reads what they come from."""
    reads = frozenset().union(*(output.origin.sources for output in outputs), more.pop("reads", frozenset()))
    relations = frozenset(column.relation for column in reads)
    return replace(Footprint(Command.SELECT, outputs, relations, reads), **more)


def change(command: Command, *writes: Write, **more: Any) -> Footprint:
    """An INSERT, UPDATE, DELETE or MERGE of what it writes."""
    written = frozenset(write.column.relation for write in writes)
    return replace(Footprint(command, written=written, writes=writes), **more)


def write(to: ColumnId, *sources: ColumnId, opaque: tuple[str, ...] = ()) -> Write:
    return Write(to, Origin(frozenset(sources), frozenset(), opaque))


def text(kind: str, *effects: str, **more: Any) -> Reading:
    return replace(Reading(kind, frozenset(effects or {kind}), parsed=True), **more)
