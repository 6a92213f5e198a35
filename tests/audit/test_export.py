"""Formats that other tools read: what must be there, and that nothing in a record breaks a line."""

import json
import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy import __version__
from proxy.audit.cef import cef
from proxy.audit.export import FORMATS
from proxy.audit.ocsf import ocsf
from proxy.audit.record import Record
from tests.audit.journals import found, write

RECORD = Record(
    seq=7,
    time="2026-05-04T09:12:31.524029Z",
    duration_us=6400,
    session="s1",
    user="ana",
    database="shop",
    subject="analysts",
    application="psql",
    client_addr="10.1.2.3",
    statement_kind="select",
    effects=("select",),
    sql="select name from shop.customers where id = 7",
    fingerprint="f1",
    relations=("shop.customers",),
    columns=("shop.customers.name",),
    decision="masked",
    masked={"shop.customers.name": "hash"},
    rows=1,
    bytes=71,
    outcome="ok",
    hash="ab" * 32,
)
REQUIRED = {  # OCSF 1.3, Datastore Activity and the base event: required attributes
    "activity_id", "actor", "category_uid", "class_uid", "metadata", "severity_id", "src_endpoint", "time", "type_uid",
}  # fmt: skip


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == __version__


def one(record: Record) -> dict[str, object]:
    (line,) = ocsf([record])
    event: dict[str, object] = json.loads(line)
    return event


def test_an_ocsf_event_has_what_the_schema_requires() -> None:
    event = one(RECORD)
    assert event.keys() >= REQUIRED
    assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (6005, 6, 600504)
    assert event["time"] == 1_777_885_951_524
    assert event["metadata"] == {
        "version": "1.3.0",
        "product": {"name": "pgwarden", "vendor_name": "pgwarden", "version": __version__},
        "profiles": ["security_control"],
        "uid": "ab" * 32,
        "original_time": RECORD.time,
        "log_name": "audit",
        "sequence": 7,
    }
    assert event["actor"] == {"user": {"name": "ana"}, "app_name": "psql"}
    assert event["src_endpoint"] == {"ip": "10.1.2.3"}
    assert event["database"] == {"name": "shop", "type_id": 1}
    assert event["table"] == {"name": "shop.customers"}
    assert event["query_info"] == {"query_string": RECORD.sql, "name": "select", "uid": "f1"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"effects": ["select", "delete"]}, {"activity_id": 7}),
        ({"effects": ["insert", "select"]}, {"activity_id": 5}),
        ({"effects": ["copy_out", "select"]}, {"activity_id": 1}),
        ({"effects": ["ddl"]}, {"activity_id": 6}),
        ({"effects": ["update"]}, {"activity_id": 2}),
        ({"effects": ["set"]}, {"activity_id": 99, "type_uid": 600599}),
        ({"outcome": "refused"}, {"action_id": 2, "severity_id": 3, "status_id": 2}),
        ({"outcome": "error", "sqlstate": "23505"}, {"status_id": 2, "status_code": "23505", "severity_id": 2}),
        ({"rule": "no-ddl"}, {"firewall_rule": {"name": "no-ddl"}}),
        ({"client_addr": ""}, {"src_endpoint": {"hostname": "localhost"}}),
        ({"end_user": "mia"}, {"actor": {"user": {"name": "mia"}, "invoked_by": "ana", "app_name": "psql"}}),
        ({"sql": None, "statement_kind": "login", "notes": [{"kind": "login"}]}, {"activity_id": 3}),
        ({"relations": ["a.b", "c.d"]}, {"resources": [{"name": n, "type": "table"} for n in ("a.b", "c.d")]}),
    ],
)
def test_an_ocsf_event_says_what_was_done(change: dict[str, object], expected: dict[str, object]) -> None:
    event = one(msgspec.structs.replace(RECORD, **change))
    assert {name: event.get(name) for name in expected} == expected


def test_nothing_of_a_record_is_lost_in_an_ocsf_event() -> None:
    text = json.dumps(one(RECORD))
    for name, value in msgspec.to_builtins(RECORD).items():
        if name not in ("v", "time", "duration_us", "tls") and value not in ("", None, [], {}):
            assert json.dumps(value)[1:-1] in text, name


def test_a_cef_line_has_a_head_of_seven_fields() -> None:
    (line,) = cef([RECORD])
    text = line.decode()
    assert text.startswith(f"CEF:0|pgwarden|pgwarden|{__version__}|select|select masked|1|rt=1777885951524 suser=ana ")
    assert "cs2Label=relations cs2=shop.customers" in text
    assert text.endswith("msg=select name from shop.customers where id \\= 7\n")


def test_a_refusal_is_graver_than_an_error() -> None:
    lines = cef([msgspec.structs.replace(RECORD, outcome=outcome) for outcome in ("ok", "error", "refused", "unknown")])
    assert [line.split(b"|")[6] for line in lines] == [b"1", b"4", b"7", b"3"]


@given(st.text(), st.text(), st.text())
def test_no_text_ends_a_cef_line_or_begins_a_field(kind: str, rule: str, sql: str) -> None:
    record = msgspec.structs.replace(RECORD, statement_kind=kind, rule=rule, sql=sql)
    (line,) = cef([record])
    text = line.decode()
    assert text.count("\n") == 1
    assert "\r" not in text
    head = re.split(r"(?<!\\)(?:\\\\)*\|", text)
    assert len(head) >= 8
    assert head[6] == "1"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_line_for_each_record(tmp_path: Path, name: str) -> None:
    write(tmp_path, 5)
    lines = list(FORMATS[name](found(tmp_path)))
    assert len(lines) == 5 + (name == "csv")
    assert all(line.endswith(b"\n") for line in lines)
