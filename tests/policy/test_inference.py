"""What protected columns may do beside being returned, and how guesses at them are counted."""

from typing import Any

import pytest
from msgspec.structs import replace

from proxy.model import Command, Footprint, Write
from proxy.policy.exposure import Exposure
from proxy.policy.inference import MOST_PRINCIPALS, Budgets, guesses, inferred, written
from proxy.policy.reasons import Reason
from proxy.policy.rules import Budget, Inference, Subject, Writes
from tests.policy.scene import (
    ANALYST,
    CARD,
    CLASSIFICATION,
    CLEARED,
    COUNTRY,
    EMAIL,
    OPEN,
    PHONE,
    STRICT,
    bare,
    change,
    computed,
    origin,
    query,
)

COUNTED = replace(ANALYST, name="counted", budget=Budget(3, 3_600))
WRITER = replace(ANALYST, name="writer", writes=Writes.ALLOW)


def seen_by(subject: Subject) -> Exposure:
    return Exposure(subject, CLASSIFICATION)


def comparing(*columns: Any, **more: Any) -> Footprint:
    return query(bare(COUNTRY), filtered=frozenset(columns), equated=frozenset(columns), **more)


@pytest.mark.parametrize(
    ("footprint", "strict", "analyst", "counted"),
    [
        pytest.param(query(bare(EMAIL)), None, None, None, id="returned as it is"),
        pytest.param(comparing(EMAIL), Reason.INFERENCE, None, None, id="compared by ="),
        pytest.param(
            comparing(EMAIL, uncounted=frozenset({EMAIL})), Reason.INFERENCE, None, Reason.BUDGET, id="with a table"
        ),
        pytest.param(comparing(COUNTRY, uncounted=frozenset({COUNTRY})), None, None, None, id="what is not protected"),
        pytest.param(
            query(bare(COUNTRY), filtered=frozenset({EMAIL})),
            *[Reason.INFERENCE] * 3,
            id="compared otherwise",
        ),
        pytest.param(query(bare(COUNTRY), sorted=frozenset({EMAIL})), *[Reason.INFERENCE] * 3, id="sorted by"),
        pytest.param(query(computed(EMAIL)), Reason.DERIVED, None, None, id="an expression that cannot fail"),
        pytest.param(
            query(computed(EMAIL), computed=frozenset({EMAIL})),
            Reason.DERIVED,
            Reason.INFERENCE,
            Reason.INFERENCE,
            id="an expression that may fail",
        ),
    ],
)
def test_what_a_protected_column_may_do(
    footprint: Footprint, strict: Reason | None, analyst: Reason | None, counted: Reason | None
) -> None:
    assert [inferred(footprint, seen_by(who)) for who in (STRICT, ANALYST, COUNTED)] == [strict, analyst, counted]
    assert inferred(footprint, seen_by(OPEN)) is None
    assert inferred(footprint, seen_by(CLEARED)) is None


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        pytest.param(ANALYST, Reason.PROTECTED_WRITE, id="by default"),
        pytest.param(WRITER, None, id="where it is allowed"),
        pytest.param(
            replace(WRITER, inference=Inference.NONE),
            Reason.PROTECTED_WRITE,
            id="a constraint would tell",
        ),
        pytest.param(CLEARED, None, id="who may see it"),
    ],
)
def test_writing_what_one_may_not_see(subject: Subject, reason: Reason | None) -> None:
    assert written(change(Command.INSERT, Write(EMAIL, origin())), seen_by(subject)) is reason


def test_a_written_column_is_a_guess_and_rows_of_a_table_cannot_be_counted() -> None:
    writer = seen_by(replace(WRITER, budget=Budget(3, 60)))
    assert guesses(change(Command.INSERT, Write(EMAIL, origin())), writer) == {EMAIL}
    assert inferred(change(Command.INSERT, Write(EMAIL, origin(COUNTRY))), writer) is Reason.BUDGET


def test_only_a_budget_counts() -> None:
    footprint = comparing(EMAIL, PHONE, COUNTRY)
    assert guesses(footprint, seen_by(COUNTED)) == {EMAIL, PHONE}
    assert guesses(footprint, seen_by(ANALYST)) == frozenset()
    assert guesses(query(bare(EMAIL)), seen_by(COUNTED)) == frozenset()


WHO, OTHER, THREE = ("ana", "support"), ("bob", "support"), Budget(3, 3_600)


@pytest.fixture
def budgets() -> Budgets:
    return Budgets(b"k" * 32)


def test_a_value_is_counted_once(budgets: Budgets) -> None:
    assert [budgets.spend(WHO, THREE, [EMAIL], [b"a"], now_s=0).fresh for _ in range(5)] == [1, 0, 0, 0, 0]


def test_what_would_go_over_is_refused_and_counts_nothing(budgets: Budgets) -> None:
    assert budgets.spend(WHO, THREE, [EMAIL], [b"a", b"b"], now_s=100).allowed
    over = budgets.spend(WHO, THREE, [EMAIL], [b"c", b"d"], now_s=200)
    assert (over.allowed, over.fresh, over.ends_s) == (False, 0, 3_700)
    assert budgets.spend(WHO, THREE, [EMAIL], [b"c"], now_s=300).allowed
    assert not budgets.spend(WHO, THREE, [EMAIL], [b"d"], now_s=3_699).allowed
    assert budgets.spend(WHO, THREE, [EMAIL], [b"a"], now_s=3_699).allowed  # it was counted already
    assert budgets.spend(WHO, THREE, [EMAIL], [b"d"], now_s=3_700).fresh == 1


def test_each_column_and_each_value_is_a_guess(budgets: Budgets) -> None:
    """a and b at two columns and then b and a are four things that are learned."""
    assert budgets.spend(WHO, Budget(9, 60), [EMAIL, PHONE], [b"a", b"b"], now_s=0).fresh == 4
    assert budgets.spend(WHO, Budget(9, 60), [CARD], [b"a"], now_s=0).fresh == 1


def test_each_principal_has_a_count_of_its_own(budgets: Budgets) -> None:
    assert budgets.spend(WHO, THREE, [EMAIL], [b"a", b"b", b"c"], now_s=0).allowed
    assert not budgets.spend(WHO, THREE, [EMAIL], [b"d"], now_s=0).allowed
    assert budgets.spend(OTHER, THREE, [EMAIL], [b"d"], now_s=0).allowed


def test_a_budget_that_the_rules_change_holds_for_what_was_counted(budgets: Budgets) -> None:
    assert budgets.spend(WHO, THREE, [EMAIL], [b"a", b"b", b"c"], now_s=0).allowed
    assert budgets.spend(WHO, Budget(4, 3_600), [EMAIL], [b"d"], now_s=1).allowed
    assert not budgets.spend(WHO, Budget(2, 60), [EMAIL], [b"e"], now_s=2).allowed


def test_nobodys_count_is_dropped_to_make_room(budgets: Budgets) -> None:
    for number in range(MOST_PRINCIPALS):
        assert budgets.spend((str(number),), THREE, [EMAIL], [b"a"], now_s=0).allowed
    assert not budgets.spend(("one", "more"), THREE, [EMAIL], [b"a"], now_s=1).allowed
    assert budgets.spend(("one", "more"), THREE, [EMAIL], [b"a"], now_s=3_600).allowed
