"""What the worker's parts have counted, under the names of the metrics."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from proxy.catalog.service import CatalogService
from proxy.decide.service import Decider
from proxy.lane.table import Table
from proxy.lane.together import Shared as LaneShared
from proxy.observe.metrics import Distribution, Value
from proxy.server.gate import Gate
from proxy.server.sessions import Sessions
from proxy.server.shared import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The parts of a worker that count."""

    lane_shared: LaneShared
    table: Table
    sessions: Sessions
    gate: Gate
    catalogs: CatalogService
    shared: Shared
    decider: Decider
    reloads: Mapping[str, int]


def numbers_of(worker: Counted) -> Mapping[str, Value]:
    """Every number of one worker, now."""
    return {**_lane(worker), **_entrance(worker), **_catalog(worker), **_others(worker)}


def _lane(worker: Counted) -> Mapping[str, Value]:
    counted = worker.lane_shared.counts()
    statements = counted["statements"]
    return {
        "pgwarden_statements": {
            "allow": statements["allowed"],
            "mask": statements["masked"],
            "refuse": statements["refused"],
        },
        "pgwarden_statements_failed": statements["failed"],
        "pgwarden_rows": counted["rows"],
        "pgwarden_rows_masked": counted["rows_masked"],
        "pgwarden_cells_masked": counted["cells_masked"],
        "pgwarden_errors_scrubbed": counted["scrubbed"],
        "pgwarden_disagreements": counted["convicted"],
        "pgwarden_added_latency_seconds": {
            "request": Distribution(*counted["added_request"]),
            "reply": Distribution(*counted["added_reply"]),
        },
        "pgwarden_traffic_bytes": {
            side: counted[f"bytes_{side}"] for side in ("from_client", "to_server", "from_server", "to_client")
        },
        "pgwarden_decision_cache_hits": counted["cache_hits"],
        "pgwarden_decision_cache_misses": counted["cache_misses"],
        "pgwarden_decision_cache_evictions": worker.table.evicted,
        "pgwarden_decision_cache_size": worker.table.count,
    }


def _entrance(worker: Counted) -> Mapping[str, Value]:
    return {
        "pgwarden_sessions_open": len(worker.sessions),
        "pgwarden_sessions": worker.sessions.begun,
        "pgwarden_sessions_refused": dict(worker.gate.refused),
        "pgwarden_cancel_requests": {"sent": 0, "unknown": 0, **worker.gate.asked_to_cancel},
    }


def _catalog(worker: Counted) -> Mapping[str, Value]:
    facts = worker.catalogs.facts(asyncio.get_running_loop().time())
    return {
        "pgwarden_catalog_version": dict(facts.versions),
        "pgwarden_catalog_age_seconds": dict(facts.ages_s),
        "pgwarden_catalog_loads": {"ok": facts.loads, "failed": facts.failures},
        "pgwarden_build_info": {version(): 1},
    }


def version() -> str:
    """Of the package that is installed; of a source tree that is not, its own word."""
    try:
        return metadata.version("pgwarden")
    except metadata.PackageNotFoundError:
        return "source"


def _others(worker: Counted) -> Mapping[str, Value]:
    timed = worker.shared.timings
    return {
        "pgwarden_rule_reloads": dict(worker.reloads),
        "pgwarden_rules_version": 1 + worker.reloads["ok"],
        "pgwarden_probe_seconds": Distribution(timed.probe.counts, timed.probe.total_s),
        "pgwarden_analysis_seconds": Distribution(timed.analysis.counts, timed.analysis.total_s),
        "pgwarden_refusals": dict(worker.shared.verdicts.refusals),
        "pgwarden_inference_probes": dict(worker.decider.probes),
        "pgwarden_flows": dict(worker.decider.standings.flows),
        "pgwarden_columns_remembered": {
            database: len(standing.stuck) for database, standing in worker.decider.standings.current().items()
        },
    }
