"""How each result column may look to a subject."""

from collections.abc import Mapping
from typing import Final

import msgspec

from proxy.model import AS_TEXT, ColumnId, ColumnTreatment, Footprint, Origin, Output, Treatment
from proxy.policy.data_catalogs import FIRST_NORMAL_OID
from proxy.policy.documents import positions
from proxy.policy.exposure import WHOLE_ROW, Exposure, columns_of
from proxy.policy.reasons import Reason
from proxy.policy.rules import DEFAULT_LABEL, DERIVED_LABEL, Derived, Unproven

PASS: Final = ColumnTreatment(Treatment.PASS)
REDACT: Final = ColumnTreatment(Treatment.REDACT)
WHEN_UNPROVEN: Final[Mapping[Unproven, ColumnTreatment | Reason]] = {
    Unproven.MASK: REDACT,
    Unproven.REFUSE: Reason.OPAQUE,
}
WHEN_DERIVED: Final[Mapping[Derived, Treatment | Reason]] = {
    Derived.MASK: Treatment.REDACT,  # a constant: neither its length nor its NULL tells of what it hides
    Derived.NULL: Treatment.NULL,
    Derived.REFUSE: Reason.DERIVED,
}


def treatments_of(footprint: Footprint, exposure: Exposure) -> tuple[ColumnTreatment, ...] | Reason:
    """One treatment a result column, empty where each passes; or why there can be none."""
    found: list[ColumnTreatment] = []
    for output in footprint.outputs:
        treatment = WHEN_UNPROVEN.get(exposure.subject.opaque, Reason.OPAQUE) if footprint.opaque else None
        treatment = treatment or treat(output, exposure)
        if isinstance(treatment, Reason):
            return treatment
        found.append(treatment)
    return () if all(each.treatment is Treatment.PASS for each in found) else tuple(found)


def treat(output: Output, exposure: Exposure) -> ColumnTreatment | Reason:
    """One result column. Total: every output has an answer."""
    origin = output.origin
    if origin.opaque:
        return WHEN_UNPROVEN.get(exposure.subject.opaque, Reason.OPAQUE)
    protected = exposure.among(columns_of(origin))
    if not protected:
        return PASS
    column = min(protected)
    if shows_definition(origin, exposure):
        return ColumnTreatment(Treatment.DEFINITION, column=column)
    of_catalogs = any(each.relation < FIRST_NORMAL_OID for each in protected)
    if exposure.counts(protected) or (of_catalogs and is_bare(origin)):
        return ColumnTreatment(Treatment.NULL, column=column)  # no rule names a mask for the catalogs' own types
    if (way := agreed_way(origin, exposure)) is not None:
        return ColumnTreatment(Treatment.MASK, way.label, column, way.parts)
    derived = WHEN_DERIVED.get(exposure.subject.derived, Reason.DERIVED)
    if derived is Reason.DERIVED and is_generated(origin, exposure):
        return ColumnTreatment(Treatment.REDACT, column=column)
    return derived if isinstance(derived, Reason) else ColumnTreatment(derived, column=column)


def is_generated(origin: Origin, exposure: Exposure) -> bool:
    """Whether a value is a column that the table computes from protected ones: not the reader has derived it, and
    `select *` holds it. It may have been chosen by what the column is computed from, which looks alike here: either way
    a constant is all that is given, as `derived: mask` gives it, and it is the same whatever is behind it. What the
    choice tells by failing or by the rows that come is inference, and objected to before."""
    known = [exposure.classification.columns.get(column) for column in origin.direct]
    return bool(known) and all(one is not None and one.type == DERIVED_LABEL for one in known)


def shows_definition(origin: Origin, exposure: Exposure) -> bool:
    """Whether a value is a stored definition, unchanged, and what chooses it is not protected: its mask is a text
    without constants, and which definition it is of tells nothing."""
    protected = exposure.among(columns_of(origin))
    if origin.opaque or not protected or any(column.relation >= FIRST_NORMAL_OID for column in protected):
        return False
    return protected <= origin.direct and protected <= exposure.definitions


def is_bare(origin: Origin) -> bool:
    """Whether a value is some column's own, unchanged, in every arm."""
    return bool(origin.direct) and origin.sources <= origin.direct


class Way(msgspec.Struct, frozen=True):
    """How a column is masked. label: the key under `masks`; parts: those of a document, where not all of it is."""

    label: str
    parts: tuple[tuple[tuple[str, ...], str], ...] = ()


def agreed_label(origin: Origin, exposure: Exposure) -> str | None:
    """The type label of a bare value, where one mask does for all columns that it may come from; else None."""
    way = agreed_way(origin, exposure)
    return None if way is None else way.label


def agreed_way(origin: Origin, exposure: Exposure) -> Way | None:
    """How a bare value is masked, where all columns that it may come from are masked alike; else None. A column that
    is not protected is none of them: what a reader may write and read in clear would get the mask of what it may not
    see beside it (rule 20)."""
    if not is_bare(origin) or any(column.attnum == WHOLE_ROW for column in origin.direct):
        return None
    if not all(map(exposure.protects, origin.direct)):
        return None
    ways = {_way(column, exposure) for column in origin.direct}
    return ways.pop() if len(ways) == 1 else None


def _way(column: ColumnId, exposure: Exposure) -> Way | None:
    """A part of what is protected as a whole has none: whether it is there tells of the whole."""
    document = exposure.classification.documents.get(column.whole)
    if document is None or exposure.protects_rest(document):
        known = exposure.classification.columns.get(column) if document is None else document.rest
        return None if column.path else Way(known.type if known is not None else DEFAULT_LABEL)
    found: dict[tuple[str, ...], str] = {}
    for part in sorted(document.parts, key=lambda part: (-part.level, part.type)):
        if part.keys is None or not exposure.hides(part.level):
            continue
        for at in positions(column.path, part.keys):
            if at > len(part.keys):
                return None  # below a part
            found.setdefault(part.keys[at:], part.type)
    if not found or (column.path[-1:] == (AS_TEXT,) and list(found) != [()]):
        return None  # as a text, what is above a part is no document any more
    return Way(min(found.items())[1], tuple(sorted(found.items())))
