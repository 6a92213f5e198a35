"""Durations fall into buckets that double."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.observe.catalogue import DURATION_BUCKETS
from proxy.observe.histogram import Durations
from tests.reference.histogram import counts


@pytest.mark.parametrize(
    ("ns", "bucket"),
    [
        pytest.param(-5, 0, id="a clock that went back"),
        pytest.param(0, 0, id="nothing"),
        pytest.param(1_000, 0, id="one microsecond is within the first bound"),
        pytest.param(1_001, 1, id="a nanosecond more is not"),
        pytest.param(8_388_608_000, 23, id="the last bound"),
        pytest.param(8_388_608_001, 24, id="longer than every bound"),
        pytest.param(2**63 - 1, 24, id="the longest"),
    ],
)
def test_a_duration_falls_into_the_first_bucket_that_is_not_shorter(ns: int, bucket: int) -> None:
    durations = Durations()
    durations.add(ns)
    assert durations.counts.index(1) == bucket


NS = st.integers(-10, 2**63 - 1) | st.integers(0, 10_000) | st.sampled_from([1000, 2000, 4000])


@given(st.lists(NS, max_size=50))
@example([2**power * 1000 + step for power in range(25) for step in (-1, 0, 1)])
def test_the_histogram_agrees_with_the_reference(durations_ns: list[int]) -> None:
    durations = Durations()
    for ns in durations_ns:
        durations.add(ns)
    assert durations.counts == counts(durations_ns)


def test_the_sum_is_in_seconds() -> None:
    durations = Durations()
    for ns in (1_500_000_000, -3, 500_000_000):
        durations.add(ns)
    assert durations.total_s == 2.0


def test_the_table_of_metrics_has_the_same_buckets() -> None:
    assert len(DURATION_BUCKETS) + 1 == len(Durations().counts)
    assert [round(bound * 1_000_000) for bound in DURATION_BUCKETS] == [2**power for power in range(24)]
