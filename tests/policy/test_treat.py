"""What one result column looks like, for each way a value can come about."""

import pytest

from proxy.model import Classification, ColumnTreatment, Level, Output, Treatment
from proxy.policy.exposure import Exposure
from proxy.policy.reasons import Reason
from proxy.policy.rules import Derived, Subject, Unproven
from proxy.policy.treat import WHEN_DERIVED, WHEN_UNPROVEN, treat
from tests.policy.scene import (
    AMOUNT,
    ANALYST,
    BACKUP_EMAIL,
    CARD,
    CLASSIFICATION,
    COUNTRY,
    CUSTOMERS,
    EMAIL,
    ID,
    LISTED,
    NOTE,
    OPEN,
    PHONE,
    STRICT,
    TOP,
    bare,
    column,
    computed,
    origin,
    out,
    unknown,
)

PASS = ColumnTreatment(Treatment.PASS)


def mask(label: str, of: object) -> ColumnTreatment:
    return ColumnTreatment(Treatment.MASK, label, of)  # type: ignore[arg-type]


def redact(of: object) -> ColumnTreatment:
    return ColumnTreatment(Treatment.REDACT, column=of)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("output", "treatment"),
    [
        pytest.param(out(origin()), PASS, id="a constant passes"),
        pytest.param(bare(ID), PASS, id="an unclassified column passes"),
        pytest.param(bare(AMOUNT), PASS, id="a column at the clearance passes"),
        pytest.param(computed(ID, AMOUNT), PASS, id="an expression over columns at the clearance passes"),
        pytest.param(bare(EMAIL), mask("email", EMAIL), id="a bare protected column gets the mask of its label"),
        pytest.param(bare(EMAIL, BACKUP_EMAIL), mask("email", EMAIL), id="arms of one label get its mask"),
        pytest.param(bare(EMAIL, PHONE), redact(EMAIL), id="arms of two labels are redacted"),
        pytest.param(bare(EMAIL, COUNTRY), redact(EMAIL), id="a protected and a clean arm are redacted"),
        pytest.param(out(origin(ID, direct=(EMAIL,))), redact(EMAIL), id="a bare and a computed arm are redacted"),
        pytest.param(computed(EMAIL), redact(EMAIL), id="an expression over a protected column is redacted"),
        pytest.param(computed(ID, CARD), redact(CARD), id="however little of it is protected"),
        pytest.param(bare(column(CUSTOMERS, 0)), redact(column(CUSTOMERS, 0)), id="a whole row is all its columns"),
        pytest.param(bare(column(20_003, 0)), PASS, id="a whole row without anything protected passes"),
        pytest.param(bare(column(CUSTOMERS, -1)), PASS, id="ctid and its kind hold no data"),
        pytest.param(unknown(ID), Reason.OPAQUE, id="what is not proven is refused, whatever its sources"),
        pytest.param(unknown(), Reason.OPAQUE, id="without sources too"),
    ],
)
def test_a_result_column_looks_so_to_an_analyst(output: Output, treatment: ColumnTreatment | Reason) -> None:
    assert treat(output, Exposure(ANALYST, CLASSIFICATION)) == treatment


@pytest.mark.parametrize(
    ("output", "treatment"),
    [
        pytest.param(bare(column(2619, 5)), Treatment.NULL, id="pg_statistic is closed by its OID"),
        pytest.param(bare(column(1260, 11)), Treatment.NULL, id="a catalog column that is classified"),
        pytest.param(bare(column(1259, 2)), Treatment.PASS, id="pg_class is open"),
    ],
)
def test_catalogs_give_their_data_as_null(output: Output, treatment: Treatment) -> None:
    listed = LISTED | {column(1260, 11): LISTED[AMOUNT]}  # its level does not matter: the highest counts
    found = treat(output, Exposure(ANALYST, Classification(listed, Level(3), Level(0))))
    assert isinstance(found, ColumnTreatment)
    assert found.treatment is treatment


@pytest.mark.parametrize("derived", list(Derived))
def test_every_way_to_treat_the_derived_is_in_the_table(derived: Derived) -> None:
    subject = Subject("s", clearance=Level(1), derived=derived, top=TOP)
    expected = {Derived.REFUSE: Reason.DERIVED, Derived.MASK: Treatment.REDACT, Derived.NULL: Treatment.NULL}
    assert WHEN_DERIVED[derived] == expected[derived]
    found = treat(computed(EMAIL), Exposure(subject, CLASSIFICATION))
    assert (found if isinstance(found, Reason) else found.treatment) == expected[derived]


@pytest.mark.parametrize("unproven", list(Unproven))
def test_every_way_to_treat_the_unproven_is_in_the_table(unproven: Unproven) -> None:
    assert WHEN_UNPROVEN[unproven] in (Reason.OPAQUE, ColumnTreatment(Treatment.REDACT))


def test_what_is_not_proven_is_redacted_where_the_rules_say_so() -> None:
    assert treat(unknown(ID), Exposure(OPEN, CLASSIFICATION)) == ColumnTreatment(Treatment.REDACT)


@pytest.mark.parametrize(
    ("unclassified", "clearance", "treatment"),
    [
        pytest.param(Level(0), 0, Treatment.PASS, id="public: passes"),
        pytest.param(Level(2), 1, Treatment.MASK, id="above the clearance: masked"),
        pytest.param(Level(2), 2, Treatment.PASS, id="at the clearance: passes"),
        pytest.param(None, 2, Treatment.MASK, id="mask: masked below the highest clearance"),
        pytest.param(None, 3, Treatment.PASS, id="mask: passes at the highest clearance"),
    ],
)
def test_an_unlisted_column_is_what_unclassified_says(
    unclassified: Level | None, clearance: int, treatment: Treatment
) -> None:
    subject = Subject("s", clearance=Level(clearance), top=TOP)
    found = treat(bare(NOTE), Exposure(subject, Classification({}, Level(0), unclassified)))
    assert isinstance(found, ColumnTreatment)
    assert found.treatment is treatment


@pytest.mark.parametrize(
    ("clearance", "highest", "unclassified", "restricted"),
    [
        pytest.param(3, 3, Level(0), False, id="cleared for everything there is"),
        pytest.param(2, 3, Level(0), True, id="below the highest classified column"),
        pytest.param(1, 1, Level(0), False, id="nothing above the clearance is there"),
        pytest.param(1, 1, Level(2), True, id="below what is not classified"),
        pytest.param(2, 0, None, True, id="mask restricts all but the highest clearance"),
        pytest.param(3, 0, None, False, id="which is not restricted"),
    ],
)
def test_restricted_is_who_may_not_see_everything(
    clearance: int, highest: int, unclassified: Level | None, restricted: bool
) -> None:
    subject = Subject("s", clearance=Level(clearance), top=TOP)
    exposure = Exposure(subject, Classification({}, Level(highest), unclassified))
    assert exposure.restricted is restricted


def test_a_subject_made_by_hand_is_below_mask() -> None:
    assert Exposure(Subject("s", clearance=Level(9)), Classification({}, Level(0), None)).restricted


def test_a_stranger_gets_the_mask_of_a_bare_column_too() -> None:
    assert treat(bare(CARD), Exposure(STRICT, CLASSIFICATION)) == mask("payment_card", CARD)
