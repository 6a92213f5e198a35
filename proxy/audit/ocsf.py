"""Records as events of the Open Cybersecurity Schema Framework: class 6005, Datastore Activity, version 1.3.

https://schema.ocsf.io/1.3.0/classes/datastore_activity; what has no place there stands under `unmapped`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from proxy import __version__
from proxy.audit.record import Outcome, Record

SCHEMA: Final = "1.3.0"
CLASS: Final = 6005
CATEGORY: Final = 6
READ, UPDATE, CONNECT, QUERY, WRITE, CREATE, DELETE, OTHER = 1, 2, 3, 4, 5, 6, 7, 99
ACTIVITIES: Final = {
    READ: "Read", UPDATE: "Update", CONNECT: "Connect", QUERY: "Query", WRITE: "Write", CREATE: "Create",
    DELETE: "Delete", OTHER: "Other",
}  # fmt: skip
EFFECTS: Final = (  # the gravest speaks; words of design 5.2
    ("delete", DELETE), ("truncate", DELETE), ("ddl", CREATE), ("extension", CREATE), ("update", UPDATE),
    ("merge", UPDATE), ("insert", WRITE), ("copy_in", WRITE), ("copy_out", READ), ("select", QUERY),
)  # fmt: skip
INFORMATIONAL, LOW, MEDIUM = 1, 2, 3
ALLOWED, DENIED = 1, 2
SUCCESS, FAILURE = 1, 2
RELATIONAL: Final = 1
DATABASE: Final = 1
UNMAPPED: Final = (
    "seq", "session", "instance", "worker", "subject", "effects", "fingerprint", "parameters", "columns", "decision",
    "masked", "disagreement", "bytes", "error_ref", "outcome", "transaction", "prev", "hash", "notes",
)  # fmt: skip


def ocsf(records: Iterable[Record]) -> Iterator[bytes]:
    """A JSON object a line."""
    encode = msgspec.json.Encoder().encode
    product = {"name": "pgwarden", "vendor_name": "pgwarden", "version": __version__}
    for record in records:
        yield encode(event(record, product)) + b"\n"


def event(record: Record, product: Mapping[str, str]) -> dict[str, object]:
    """One record as an event."""
    activity = _activity(record)
    refused = record.outcome == Outcome.REFUSED.value
    found: dict[str, object] = {
        "activity_id": activity,
        "activity_name": ACTIVITIES[activity],
        "category_name": "Application Activity",
        "category_uid": CATEGORY,
        "class_name": "Datastore Activity",
        "class_uid": CLASS,
        "type_uid": CLASS * 100 + activity,
        "severity_id": MEDIUM if refused else LOW if record.outcome == Outcome.ERROR.value else INFORMATIONAL,
        "time": _milliseconds(record.time),
        "metadata": {
            "version": SCHEMA,
            "product": dict(product),
            "profiles": ["security_control"],
            "uid": record.hash,
            "original_time": record.time,
            "log_name": "audit",
            "sequence": record.seq,
        },
        "action_id": DENIED if refused else ALLOWED,
        "actor": _actor(record),
        "src_endpoint": _source(record),
        "database": {"name": record.database or "-", "type_id": RELATIONAL},
        "type_id": DATABASE,
        "status_id": SUCCESS if record.outcome == Outcome.OK.value else FAILURE,
        "unmapped": {name: getattr(record, name) for name in UNMAPPED},
    }
    return found | {name: value for name, value in _optional(record).items() if value not in (None, [], 0)}


def _optional(record: Record) -> dict[str, object]:
    """What is there for some records only."""
    names, sql = record.relations, record.sql
    return {
        "query_info": sql and {"query_string": sql, "name": record.statement_kind, "uid": record.fingerprint},
        "table": {"name": names[0]} if len(names) == 1 else None,
        "resources": [{"name": name, "type": "table"} for name in names] if len(names) > 1 else None,
        "duration": None if record.duration_us is None else record.duration_us // 1000,
        "count": record.rows,
        "status_code": record.sqlstate,
        "status_detail": record.outcome or None,
        "firewall_rule": {"name": record.rule} if record.rule else None,
    }


def _activity(record: Record) -> int:
    if record.sql is None and record.notes:
        return CONNECT if "login" in record.statement_kind else OTHER
    return next((activity for effect, activity in EFFECTS if effect in record.effects), OTHER)


def _actor(record: Record) -> dict[str, object]:
    found: dict[str, object] = {"user": {"name": record.end_user or record.user or "-"}}
    if record.end_user and record.user:
        found["invoked_by"] = record.user
    if record.application:
        found["app_name"] = record.application
    return found


def _source(record: Record) -> dict[str, object]:
    """Who comes by a Unix socket comes from this host."""
    return {"ip": record.client_addr} if record.client_addr else {"hostname": "localhost"}


def _milliseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)
