"""Where a statement that is allowed moves values to columns of a lower level: what moves takes its level along."""

from collections.abc import Iterator
from typing import Final

import msgspec

from proxy.model import Classification, Classified, ColumnId, Footprint, Level, Origin, Reading
from proxy.policy.exposure import Exposure, columns_of
from proxy.policy.restrict import SHAPES, Shape
from proxy.policy.rules import DEFAULT_LABEL, DERIVED_LABEL
from proxy.policy.treat import is_bare

FLOW: Final = "flow"
"""The rule that a record of such a statement names, where no rule of a file spoke."""
NOWHERE: Final = ColumnId(0, 0)  # type: ignore[arg-type]
"""The source where it cannot be told which column it is."""
UNKNOWN: Final = "relation-unknown"
"""How the analysis begins its reason where a relation is not in the snapshot."""
EVERY: Final = 0
"""The position that stands for all columns of a relation."""


class Flow(msgspec.Struct, frozen=True):
    """Values of source go where less is protected. column None: into a relation that the statement creates, in the
    position counted from 1. classified: what the column is from then on, and why."""

    source: ColumnId
    classified: Classified
    column: ColumnId | None = None
    position: int = 0


def flowing(classification: Classification) -> bool:
    """Whether there is anything whose level could be lost."""
    return classification.highest > 0 or classification.unclassified is None


def creates(reading: Reading) -> bool:
    """Whether a statement stores its rows in a relation that it creates. A materialized view's query stays with it."""
    return SHAPES.get(reading.kind) is Shape.STORE and reading.kind != "create materialized view"


def flows_of(
    reading: Reading, footprint: Footprint | None, exposure: Exposure, unseen: Level | None = None
) -> tuple[Flow, ...]:
    """Every flow of a statement, whoever sends it. A value that depends on a protected one is one: a length, an
    aggregate. What code does that the analysis does not look into (functions, triggers) is not seen. Where it cannot be
    told what a new relation holds, it may be anything. unseen: the level of relations that hold protected values and
    that no snapshot has shown yet; None: there are none."""
    if footprint is None or footprint.opaque:
        found = [_unknown(exposure)] if "select" in reading.effects and creates(reading) else []
        return tuple(found) + (() if footprint is None else _written(footprint, exposure, unseen))
    new = enumerate(footprint.outputs, start=1) if creates(reading) else ()
    stored = [_flow(out.origin, exposure, position=at) for at, out in new]
    return _written(footprint, exposure, unseen) + tuple(flow for flow in stored if flow is not None)


def _written(footprint: Footprint, exposure: Exposure, unseen: Level | None) -> tuple[Flow, ...]:
    plain = (write for write in footprint.writes if write.column.attnum > 0)
    found = (_flow(write.origin, exposure, write.column, unseen=unseen) for write in plain)
    return tuple(flow for flow in found if flow is not None)


def _unknown(exposure: Exposure) -> Flow:
    return Flow(NOWHERE, Classified(exposure.classification.highest, DERIVED_LABEL, FLOW), position=EVERY)


def _flow(
    origin: Origin,
    exposure: Exposure,
    column: ColumnId | None = None,
    position: int = EVERY,
    unseen: Level | None = None,
) -> Flow | None:
    """The flow into one column; None where nothing rises. A new relation's columns are unclassified."""
    levels = list(_levels(origin, exposure, column))
    if unseen is not None and any(reason.startswith(UNKNOWN) for reason in origin.opaque):
        levels.append((unseen, NOWHERE))
    highest = max(levels, default=None)
    if highest is None:
        return None
    level, source = highest
    there = exposure.classification.unclassified if column is None else _level_there(column, exposure)
    if level <= (exposure.subject.top if there is None else there):
        return None
    return Flow(source, Classified(level, _label(origin, exposure), FLOW), column, position)


def _label(origin: Origin, exposure: Exposure) -> str:
    """The type of an unchanged value, where all columns that it may come from have the same; else: it is derived."""
    columns = exposure.classification.columns
    labels = {columns[column].type if column in columns else DEFAULT_LABEL for column in origin.direct}
    return labels.pop() if is_bare(origin) and len(labels) == 1 else DERIVED_LABEL


def _level_there(column: ColumnId, exposure: Exposure) -> Level | None:
    """Of what a column holds besides the classified parts of its documents: nobody knows where in one a value goes."""
    document = exposure.classification.documents.get(column)
    if document is None:
        return exposure.level_of(column)
    return exposure.classification.unclassified if document.rest is None else document.rest.level


def _levels(origin: Origin, exposure: Exposure, column: ColumnId | None) -> Iterator[tuple[Level, ColumnId]]:
    """Of every column that a value depends on, but for the one that it goes to: a document is changed in place. What
    the rules do not list is listed nowhere by having moved."""
    for source in columns_of(origin):
        level = exposure.level_of(source)
        if level is not None and source.whole != column:
            yield level, source
