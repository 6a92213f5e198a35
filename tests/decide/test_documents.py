"""Parts of documents in the classification of a real catalog: who has them, and what is derived from them."""

import pytest

from proxy.catalog.loader import load
from proxy.catalog.snapshot import Snapshot
from proxy.decide.classification import classify, named_columns, shield
from proxy.model import Attnum, Classification, Classified, ColumnId, Level
from proxy.policy.exposure import Exposure
from proxy.policy.names import column_pattern
from proxy.policy.rules import ClassifyEntry, Rules, Subject
from tests.servers import Database

SCHEMA = """
    create schema s;
    create domain s.form as jsonb;
    create table s.papers (id int, paper jsonb, sheet json, plain text, form s.form, many jsonb[])
      partition by range (id);
    create table s.papers_low partition of s.papers for values from (0) to (10);
    create table s.papers_high partition of s.papers for values from (10) to (20);
    create table s.made (paper jsonb, ward text generated always as (paper ->> 'ward') stored);
    create view s.v as select id, paper ->> 'ward' as ward, paper -> 'patient' as patient, paper from s.papers;
    create materialized view s.m as
      select id, paper ->> 'ward' as ward, paper -> 'patient' as patient, paper from s.papers;
    create materialized view s.m_on_m as select patient -> 'age' as age, patient -> 'ssn' as ssn, ward from s.m;
"""


def entry(column: str, level: int, json: str | None = None, type_: str = "default") -> ClassifyEntry:
    return ClassifyEntry(column_pattern(column), Level(level), type_, json, place=f"{column} {json}")


def rules(*entries: ClassifyEntry) -> Rules:
    return Rules(("public", "internal", "secret"), Level(0), classify=(entries,))


PARTS = rules(
    entry("s.papers.paper", 2, "$.patient.ssn", "national_id"),
    entry("s.papers_low.paper", 1, "$.ward"),
    entry("s.papers.form", 2, "$.x"),
    entry("s.papers.plain", 2, "$.x"),
    entry("s.papers.many", 2, "$.x"),
    entry("s.made.paper", 2, "$.patient.ssn"),
)


class Known:
    """A classification by names."""

    def __init__(self, snapshot: Snapshot, classification: Classification) -> None:
        self.snapshot, self.classification = snapshot, classification

    def column(self, name: str) -> ColumnId:
        table, column = name.split(".")
        relation = self.snapshot.relation_named("s", table)
        assert relation is not None
        return ColumnId(relation.oid, next(Attnum(at) for at, one in relation.columns.items() if one.name == column))

    def level(self, name: str) -> int | None:
        found = self.classification.columns.get(self.column(name))
        return None if found is None else found.level

    def parts(self, name: str) -> dict[tuple[str, ...] | None, int]:
        found = self.classification.documents.get(self.column(name))
        return {} if found is None else {part.keys: part.level for part in found.parts}


@pytest.fixture
async def snapshot(any_database: Database) -> Snapshot:
    connection = await any_database.connect()
    await connection.execute(SCHEMA)
    return await load(connection)


async def test_partitions_have_the_parts_of_the_whole_family(snapshot: Snapshot) -> None:
    known = Known(snapshot, classify(PARTS, snapshot))
    for table in ("papers", "papers_low", "papers_high"):
        assert known.parts(f"{table}.paper") == {("patient", "ssn"): 2, ("ward",): 1}
        assert known.level(f"{table}.paper") == 2


async def test_only_documents_have_parts_and_other_columns_are_protected_as_a_whole(snapshot: Snapshot) -> None:
    known = Known(snapshot, classify(PARTS, snapshot))
    assert known.parts("papers.form") == {("x",): 2}
    for name in ("papers.plain", "papers.many", "papers_low.plain"):
        assert (known.parts(name), known.level(name)) == ({}, 2)


async def test_what_is_derived_from_a_part_has_its_level(snapshot: Snapshot) -> None:
    known = Known(snapshot, classify(PARTS, snapshot))
    found = {name: known.level(name) for name in ("m.id", "m.ward", "m.patient", "m.paper", "v.ward", "v.patient")}
    assert found == {"m.id": None, "m.ward": 1, "m.patient": 2, "m.paper": 2, "v.ward": 1, "v.patient": 2}
    assert (known.level("m_on_m.age"), known.level("m_on_m.ssn"), known.level("m_on_m.ward")) == (2, 2, 1)
    assert known.level("made.ward") == 2  # of a generated column every column of its expression counts as a whole


async def test_a_part_is_told_from_the_rest_and_from_what_is_remembered(snapshot: Snapshot) -> None:
    both = rules(entry("s.papers.paper", 1), entry("s.papers.paper", 2, "$.a"))
    known = Known(snapshot, classify(both, snapshot))
    paper = known.column("papers.paper")
    rest = known.classification.documents[paper].rest
    assert rest is not None
    assert (rest.level, known.level("papers.paper")) == (1, 2)
    named = named_columns(both, snapshot)
    assert named[paper].level == 2
    remembered = classify(both, snapshot, {**named, paper: Classified(Level(2), rule="it was another")})
    rest = remembered.documents[paper].rest
    assert rest is not None
    assert rest.level == 2


async def test_the_lane_convicts_the_column_and_not_what_is_derived_from_elsewhere(snapshot: Snapshot) -> None:
    public = rules(entry("s.papers.paper", 2, "$.patient.ssn"))
    known = Known(snapshot, classify(public, snapshot))
    packed = shield(snapshot, known.classification, Subject("reader", top=Level(2)))
    keys = {int.from_bytes(packed[at : at + 8], "little") for at in range(0, len(packed), 8)}
    names = ("papers.paper", "papers_low.paper", "papers.sheet", "v.ward", "v.patient", "m.ward", "m.patient")
    columns = {name: known.column(name) for name in names}
    shown = {name for name, column in columns.items() if int(column.relation) << 16 | column.attnum in keys}
    assert shown == {"papers.paper", "papers_low.paper", "v.patient", "m.patient"}


async def test_whoever_may_see_the_parts_is_not_restricted(snapshot: Snapshot) -> None:
    classification = classify(PARTS, snapshot)
    assert Exposure(Subject("reader", clearance=Level(1), top=Level(2)), classification).restricted
    assert not Exposure(Subject("reader", clearance=Level(2), top=Level(2)), classification).restricted
