"""What a restricted reader's statement may not do, check by check: the first that objects gives the reason."""

from collections.abc import Callable
from enum import Enum
from typing import Final

import msgspec

from proxy.model import Command, CopyEnd, CopyWay, Footprint, Reading
from proxy.policy.data_catalogs import FIRST_NORMAL_OID
from proxy.policy.exposure import Exposure, columns_of, touched, unproven
from proxy.policy.inference import inferred, written
from proxy.policy.reasons import Reason
from proxy.policy.rules import Inference, Unproven
from proxy.policy.treat import is_bare, shows_definition


class Shape(Enum):
    """Where the rows of a statement's query go."""

    ROWS = "rows"  # to the reader
    COPY = "copy"  # to the reader, as a COPY stream
    PLAN = "plan"  # nowhere, but the plan tells of them
    STORE = "store"  # into a new relation
    VIEW = "view"  # nowhere: whoever reads the view is asked then
    OTHER = "other"


SHAPES: Final = {
    **dict.fromkeys(("select", "values", "table", "with"), Shape.ROWS),
    **dict.fromkeys(("insert", "update", "delete", "merge"), Shape.ROWS),
    **dict.fromkeys(("prepare", "execute", "declare", "fetch", "move"), Shape.ROWS),
    "copy": Shape.COPY,
    "explain": Shape.PLAN,
    "select into": Shape.STORE,
    "create table": Shape.STORE,
    "create table as": Shape.STORE,
    "create materialized view": Shape.STORE,
    "create view": Shape.VIEW,
}
PLAIN_QUERIES: Final = frozenset({"select", "values", "table", "with"})
QUERIES: Final = frozenset({Command.SELECT, Command.INSERT, Command.UPDATE, Command.DELETE, Command.MERGE})


class Case(msgspec.Struct, frozen=True):
    """A statement with a footprint, of a restricted subject."""

    reading: Reading
    footprint: Footprint
    exposure: Exposure


def shape_of(reading: Reading, footprint: Footprint) -> Shape:
    """Where the rows go. A text that does not say it, but that the server reads as a query, is one."""
    if footprint.command is Command.UTILITY and reading.kind in PLAIN_QUERIES:
        return Shape.OTHER  # the text says query and the server says command
    known = SHAPES.get(reading.kind)
    if known is None and reading.inner is None and footprint.command in QUERIES:
        return Shape.ROWS
    return known or Shape.OTHER


def objection(case: Case) -> Reason | None:
    """The first reason to refuse a statement before its result columns are looked at; None where there is none."""
    return next((reason for check in CHECKS if (reason := check(case)) is not None), None)


def _shape(case: Case) -> Reason | None:
    """What is not understood is refused, and a plan shows what its statement may not."""
    match shape_of(case.reading, case.footprint):
        case Shape.ROWS | Shape.COPY | Shape.STORE | Shape.VIEW:
            return None
        case Shape.PLAN:
            seen = case.exposure.among(touched(case.footprint))
            told = seen or case.footprint.row_security or unproven(case.footprint)
            return Reason.EXPLAIN if told else None
        case _:
            return Reason.UTILITY


def _catalog_data(case: Case) -> Reason | None:
    """Catalogs' data is given as NULL where it is a bare result column, a stored definition without its constants,
    and neither may do anything else."""
    footprint = case.footprint
    used = footprint.filtered | footprint.sorted | footprint.grouped | footprint.joined
    used |= {column for column in footprint.computed if not case.exposure.counts((column,))}
    for origin in [output.origin for output in footprint.outputs]:
        if not is_bare(origin) and not shows_definition(origin, case.exposure):
            hidden = case.exposure.among(columns_of(origin))
            used |= frozenset() if case.exposure.counts(hidden) else hidden
    for write in footprint.writes:
        used |= columns_of(write.origin)
    protected = case.exposure.among(column for column in used if column.relation < FIRST_NORMAL_OID)
    return Reason.CATALOG_DATA if protected else None


def _unproven(case: Case) -> Reason | None:
    """Opaque values are refused, or redacted where the rules say so and nothing but values could be hidden in them."""
    if not unproven(case.footprint) and not _contradicts_itself(case.footprint):
        return None
    if case.exposure.subject.opaque is not Unproven.MASK or not _only_reads(case):
        return Reason.OPAQUE
    open_ended = case.footprint.opaque and case.exposure.subject.inference is not Inference.OPEN
    return Reason.OPAQUE if open_ended else None  # what is not proven may filter rows as well


def _contradicts_itself(footprint: Footprint) -> bool:
    return footprint.command is Command.UPDATE and bool(footprint.written) and not footprint.writes


def _only_reads(case: Case) -> bool:
    footprint = case.footprint
    changes = footprint.written or footprint.writes or footprint.locked or footprint.volatile
    return case.reading.kind in PLAIN_QUERIES and footprint.command is Command.SELECT and not changes


def _laundering(case: Case) -> Reason | None:
    """A protected value may not enter a column, a new relation, or a function with side effects."""
    footprint, exposure = case.footprint, case.exposure
    stored = [write.origin for write in footprint.writes]
    if shape_of(case.reading, footprint) is Shape.STORE:
        stored += [output.origin for output in footprint.outputs]
    if any(origin.opaque or exposure.among(columns_of(origin)) for origin in stored):
        return Reason.LAUNDERING
    if footprint.volatile and exposure.among(touched(footprint)):
        return Reason.LAUNDERING
    return None


def _protected_write(case: Case) -> Reason | None:
    return written(case.footprint, case.exposure)


def _inference(case: Case) -> Reason | None:
    return inferred(case.footprint, case.exposure)


def _copied(case: Case) -> Reason | None:
    """COPY: a file or a program is another way out, and a table without a list of columns is written in all of them."""
    copy = case.reading.copy
    if copy is None:
        return None
    if copy.end is not CopyEnd.CLIENT:
        return Reason.UTILITY
    whole = copy.way is CopyWay.FROM and not copy.columns
    return Reason.PROTECTED_WRITE if whole and case.exposure.within(case.footprint.written) else None


CHECKS: Final[tuple[Callable[[Case], Reason | None], ...]] = (
    _shape,
    _copied,
    _catalog_data,
    _unproven,
    _laundering,
    _protected_write,
    _inference,
)
