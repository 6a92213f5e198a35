"""Plain numbers, counted elsewhere, shown to Prometheus. Nothing is counted here, so nothing on a hot path waits.

A source is a callable that returns a mapping from a metric's name to its value now. Several sources may speak of one
metric (one per lane): their numbers are added.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from proxy.errors import InvariantBroken
from proxy.observe.catalogue import METRICS, Kind, Metric


class Distribution(msgspec.Struct, frozen=True):
    """A histogram's content. counts: one per bucket and one for what is larger than all, not cumulated. total: the sum
    of what was observed, in the metric's unit."""

    counts: Sequence[int]
    total: float


Labels: TypeAlias = tuple[str, ...]
Number: TypeAlias = float | Distribution
Value: TypeAlias = Number | Mapping[str, Number] | Mapping[Labels, Number]
"""A number for a metric without labels; else a mapping by label value, or by a tuple where there are several."""
Source: TypeAlias = Callable[[], Mapping[str, Value]]
Family: TypeAlias = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sources(Collector):
    """What the sources say now, as Prometheus families in the order of the table."""

    def __init__(self, sources: Sequence[Source], metrics: Sequence[Metric] = METRICS) -> None:
        self._sources = tuple(sources)
        self._metrics = {metric.name: metric for metric in metrics}

    def collect(self) -> Iterator[Family]:
        """One family for each metric that a source speaks of. Raises InvariantBroken: a name not in the table."""
        readings: dict[str, dict[Labels, Number]] = {}
        for source in self._sources:
            for name, value in source().items():
                if name not in self._metrics:
                    raise InvariantBroken(f"metric {name} is not in the table of metrics")
                _add(readings.setdefault(name, {}), _by_labels(self._metrics[name], value))
        return (family(metric, readings[name]) for name, metric in self._metrics.items() if name in readings)


def family(metric: Metric, readings: Mapping[Labels, Number]) -> Family:
    """One metric as prometheus-client writes it."""
    match metric.kind:
        case Kind.COUNTER:
            counter = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, number in sorted(readings.items()):
                counter.add_metric(labels, _scalar(metric, number))
            return counter
        case Kind.GAUGE:
            gauge = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, number in sorted(readings.items()):
                gauge.add_metric(labels, _scalar(metric, number))
            return gauge
        case Kind.HISTOGRAM:
            histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, number in sorted(readings.items()):
                distribution = _distribution(metric, number)
                histogram.add_metric(labels, _cumulated(metric, distribution), sum_value=distribution.total)
            return histogram
        case _:
            raise InvariantBroken(f"metric {metric.name} is of no known kind")


def registry(sources: Sequence[Source]) -> CollectorRegistry:
    """A registry of its own (never the library's global one): the sources, and the process's memory and CPU."""
    made = CollectorRegistry()
    made.register(Sources(sources))
    ProcessCollector(registry=made)
    return made


def exposition(shown: CollectorRegistry) -> bytes:
    """The text of /metrics."""
    return generate_latest(shown)


def _by_labels(metric: Metric, value: Value) -> dict[Labels, Number]:
    if not isinstance(value, Mapping):
        found: dict[Labels, Number] = {(): value}
    else:
        found = {((key,) if isinstance(key, str) else key): number for key, number in value.items()}
    if any(len(labels) != len(metric.labels) for labels in found):
        raise InvariantBroken(f"metric {metric.name} has the labels {', '.join(metric.labels) or '(none)'}")
    return found


def _add(into: dict[Labels, Number], more: Mapping[Labels, Number]) -> None:
    for labels, number in more.items():
        into[labels] = _sum(into[labels], number) if labels in into else number


def _sum(left: Number, right: Number) -> Number:
    if isinstance(left, Distribution) and isinstance(right, Distribution):
        counts = tuple(a + b for a, b in zip(left.counts, right.counts, strict=True))
        return Distribution(counts, left.total + right.total)
    if isinstance(left, Distribution) or isinstance(right, Distribution):
        raise InvariantBroken("a metric is a number for one source and a distribution for another")
    return left + right


def _scalar(metric: Metric, number: Number) -> float:
    if isinstance(number, Distribution):
        raise InvariantBroken(f"metric {metric.name} is a number, not a distribution")
    return number


def _distribution(metric: Metric, number: Number) -> Distribution:
    if not isinstance(number, Distribution) or len(number.counts) != len(metric.buckets) + 1:
        raise InvariantBroken(f"metric {metric.name} has {len(metric.buckets)} buckets and one for the rest")
    return number


def _cumulated(metric: Metric, distribution: Distribution) -> list[tuple[str, float]]:
    buckets, so_far = [], 0
    for bound, count in zip((*map(repr, metric.buckets), "+Inf"), distribution.counts, strict=True):
        so_far += count
        buckets.append((bound, float(so_far)))
    return buckets
