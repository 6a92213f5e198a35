"""Every metric that pgwarden exposes, in one table. Names are a contract: dashboards and alerts rest on them."""

from enum import Enum
from typing import Final

import msgspec

DURATION_BUCKETS: Final = tuple(2**power / 1_000_000 for power in range(24))
"""1 µs to 8.4 s by powers of two, as `histogram.pxd` counts them."""


class Kind(Enum):
    """What a metric's number does."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. name: without the `_total` that Prometheus adds to a counter. unit: the last word of the name."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    buckets: tuple[float, ...] = ()


def _counter(name: str, text: str, *labels: str, unit: str = "") -> Metric:
    return Metric(name=f"pgwarden_{name}", kind=Kind.COUNTER, help=text, labels=labels, unit=unit)


def _gauge(name: str, text: str, *labels: str, unit: str = "") -> Metric:
    return Metric(name=f"pgwarden_{name}", kind=Kind.GAUGE, help=text, labels=labels, unit=unit)


def _duration(name: str, text: str, *labels: str) -> Metric:
    return Metric(
        name=f"pgwarden_{name}",
        kind=Kind.HISTOGRAM,
        help=text,
        labels=labels,
        unit="seconds",
        buckets=DURATION_BUCKETS,
    )


METRICS: Final[tuple[Metric, ...]] = (
    # statements
    _counter("statements", "Statements executed or refused, by what was decided (allow, mask, refuse).", "decision"),
    _counter("statements_failed", "Statements that the server answered with an error."),
    _counter("refusals", "Statements refused, by the rule or reason that refused them.", "rule"),
    _counter("disagreements", "Statements whose text and server's tree name different relations or columns."),
    _counter("rows", "Rows sent to clients."),
    _counter("rows_masked", "Rows sent to clients with at least one masked value."),
    _counter("cells_masked", "Values replaced by a mask."),
    _counter("errors_scrubbed", "Errors and notices whose text was withheld, because it may hold a protected value."),
    _duration("added_latency_seconds", "Time from a chunk's arrival to its sending, by side (request, reply).", "side"),
    # sessions
    _gauge("sessions_open", "Sessions that are established."),
    _counter("sessions", "Sessions that were established."),
    _counter("sessions_refused", "Connections that did not become a session, by reason.", "reason"),
    _counter("cancel_requests", "Cancel requests, by outcome (sent, unknown).", "outcome"),
    _counter(
        "traffic_bytes",
        "Bytes by direction (from_client, to_server, from_server, to_client).",
        "direction",
        unit="bytes",
    ),
    # decisions
    _counter("decision_cache_hits", "Statements whose decision was known."),
    _counter("decision_cache_misses", "Statements that had to be read, probed and decided."),
    _counter("decision_cache_evictions", "Decisions dropped to make room."),
    _gauge("decision_cache_size", "Decisions that are known."),
    _duration("probe_seconds", "Time for the server to show a statement's tree."),
    _duration("analysis_seconds", "Time to read and analyse a statement and to decide."),
    _counter("inference_probes", "Distinct guesses at protected values that a budget counted, by subject.", "subject"),
    _counter("flows", "Statements that moved values to columns of a lower level, by database.", "database"),
    _gauge("columns_remembered", "Columns whose level no entry gives them now: renamed, or raised.", "database"),
    # catalog and rules
    _gauge("catalog_version", "Version of the catalog snapshot in force.", "database"),
    _gauge(
        "catalog_age_seconds", "Time since the catalog was last compared with the server.", "database", unit="seconds"
    ),
    _counter("catalog_loads", "Attempts to load the catalog, by outcome (ok, failed).", "outcome"),
    _gauge("rules_version", "Version of the rules in force; grows by one with each reload that succeeds."),
    _counter("rule_reloads", "Attempts to reload the rules, by outcome (ok, failed).", "outcome"),
    # journal
    _gauge("journal_lag_seconds", "Age of the oldest audit entry that is not yet on disk.", unit="seconds"),
    _gauge("journal_pending_bytes", "Audit entries in memory that are not yet on disk.", unit="bytes"),
    _counter("journal_records", "Audit entries appended."),
    _counter("journal_bytes", "Bytes of audit entries written.", unit="bytes"),
    _counter("journal_commits", "Group commits: one write and, in durable mode, one fdatasync each."),
    _duration("journal_commit_seconds", "Time of a group commit."),
    _counter("journal_refusals", "Statements refused, because the journal could not take their entry."),
    # the process
    _gauge("build_info", "Always 1; the version is the label.", "version"),
)
