"""Metrics are plain numbers from sources, shown in Prometheus's text format."""

import re
from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from proxy.errors import InvariantBroken
from proxy.observe.catalogue import DURATION_BUCKETS, METRICS, Kind, Metric
from proxy.observe.metrics import Distribution, Source, Value, exposition, registry

BUCKETS = len(DURATION_BUCKETS) + 1


def samples(*sources: Source) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of our own metrics as a Prometheus server reads it."""
    families = text_string_to_metric_families(exposition(registry(sources)).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("pgwarden_")
    }


def source(values: Mapping[str, Value]) -> Source:
    return lambda: values


def test_a_number_without_labels_is_one_sample() -> None:
    assert samples(source({"pgwarden_rows": 7})) == {("pgwarden_rows_total", ()): 7}


def test_labels_come_from_the_keys_of_a_mapping() -> None:
    found = samples(source({"pgwarden_statements": {"allow": 3, "refuse": 1}}))
    assert found == {
        ("pgwarden_statements_total", (("decision", "allow"),)): 3,
        ("pgwarden_statements_total", (("decision", "refuse"),)): 1,
    }


def test_what_two_sources_say_of_one_metric_is_added() -> None:
    found = samples(
        source({"pgwarden_sessions_open": 2, "pgwarden_refusals": {"no-ddl": 1}}),
        source({"pgwarden_sessions_open": 3, "pgwarden_refusals": {"no-ddl": 1, "cap": 5}}),
    )
    assert found[("pgwarden_sessions_open", ())] == 5
    assert found[("pgwarden_refusals_total", (("rule", "no-ddl"),))] == 2
    assert found[("pgwarden_refusals_total", (("rule", "cap"),))] == 5


def test_a_distribution_is_cumulated() -> None:
    counts = (1, 2) + (0,) * (BUCKETS - 3) + (4,)
    found = samples(source({"pgwarden_added_latency_seconds": {"request": Distribution(counts, 12.5)}}))
    side = ("side", "request")
    name = "pgwarden_added_latency_seconds"
    assert found[(f"{name}_bucket", (("le", "1e-06"), side))] == 1
    assert found[(f"{name}_bucket", (("le", "2e-06"), side))] == 3
    assert found[(f"{name}_bucket", (("le", "+Inf"), side))] == 7
    assert found[(f"{name}_count", (side,))] == 7
    assert found[(f"{name}_sum", (side,))] == 12.5


def test_the_distributions_of_two_sources_are_added() -> None:
    one = source({"pgwarden_probe_seconds": Distribution((1,) * BUCKETS, 1.0)})
    assert samples(one, one)[("pgwarden_probe_seconds_count", ())] == 2 * BUCKETS


def test_a_source_is_asked_at_each_exposition() -> None:
    rows = [0]
    shown = registry([lambda: {"pgwarden_rows": rows[0]}])
    rows[0] = 5
    assert b"pgwarden_rows_total 5.0" in exposition(shown)


def test_label_values_are_escaped() -> None:
    rule = 'a"b\\c\nd'
    assert samples(source({"pgwarden_refusals": {rule: 1}})) == {("pgwarden_refusals_total", (("rule", rule),)): 1}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"pgwarden_unheard_of": 1}, id="a name that is not in the table"),
        pytest.param({"pgwarden_statements": 1}, id="a label is missing"),
        pytest.param({"pgwarden_rows": {"x": 1}}, id="a label too many"),
        pytest.param({"pgwarden_rows": Distribution((1,), 1.0)}, id="a distribution where a number is due"),
        pytest.param({"pgwarden_probe_seconds": 1}, id="a number where a distribution is due"),
        pytest.param({"pgwarden_probe_seconds": Distribution((1, 2), 1.0)}, id="other buckets"),
    ],
)
def test_a_source_that_does_not_fit_the_table_is_a_fault_of_ours(values: Mapping[str, Value]) -> None:
    with pytest.raises(InvariantBroken):
        exposition(registry([source(values)]))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metrics_name_follows_the_conventions_of_prometheus(metric: Metric) -> None:
    assert re.fullmatch(r"pgwarden_[a-z_]+", metric.name)
    assert not metric.name.endswith("_total")
    assert metric.name.endswith(metric.unit)
    assert metric.help.endswith(".")
    assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM)


def test_no_two_metrics_have_one_name() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_two_registries_do_not_know_each_other() -> None:
    first, second = registry([]), registry([source({"pgwarden_rows": 1})])
    assert isinstance(first, CollectorRegistry)
    assert b"pgwarden_rows" not in exposition(first)
    assert b"pgwarden_rows" in exposition(second)
