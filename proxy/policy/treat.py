"""How each result column may look to a subject."""

from collections.abc import Mapping
from typing import Final

from proxy.model import ColumnTreatment, Footprint, Origin, Output, Treatment
from proxy.policy.data_catalogs import FIRST_NORMAL_OID
from proxy.policy.exposure import WHOLE_ROW, Exposure, columns_of
from proxy.policy.reasons import Reason
from proxy.policy.rules import DEFAULT_LABEL, Derived, Unproven

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
    if is_bare(origin) and any(each.relation < FIRST_NORMAL_OID for each in protected):
        return ColumnTreatment(Treatment.NULL, column=column)  # no rule names a mask for the catalogs' own types
    if (label := agreed_label(origin, exposure)) is not None:
        return ColumnTreatment(Treatment.MASK, label, column)
    derived = WHEN_DERIVED.get(exposure.subject.derived, Reason.DERIVED)
    return derived if isinstance(derived, Reason) else ColumnTreatment(derived, column=column)


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


def agreed_label(origin: Origin, exposure: Exposure) -> str | None:
    """The type label of a bare value, where all columns that it may come from have the same; else None."""
    if not is_bare(origin) or any(column.attnum == WHOLE_ROW for column in origin.direct):
        return None
    columns = exposure.classification.columns
    labels = {columns[column].type if column in columns else DEFAULT_LABEL for column in origin.direct}
    return labels.pop() if len(labels) == 1 else None
