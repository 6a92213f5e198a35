"""What is remembered of columns: under another name, after values have flowed in, until the rules say otherwise."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from proxy.catalog.snapshot import Column, Relation, RelationKind, Snapshot
from proxy.config.load import load_rules
from proxy.decide.classification import named_columns
from proxy.decide.memory import AWAITED_FOR_S, Memory, arrived, raised
from proxy.decide.sticky import hold
from proxy.model import Attnum, Classified, ColumnId, Level, Oid
from proxy.policy.flows import EVERY, Flow
from proxy.policy.rules import Rules

TABLE, NOTES, NEW = Oid(20_000), Oid(20_001), Oid(20_002)
EMAIL, BODY = ColumnId(TABLE, Attnum(2)), ColumnId(NOTES, Attnum(1))
SECRET, INTERNAL, PUBLIC = "secret", "internal", "public"


def relation(oid: Oid, name: str, *columns: str, schema: str = "shop") -> Relation:
    held = {Attnum(at): Column(column, Oid(25)) for at, column in enumerate(columns, start=1)}
    return Relation(oid=oid, schema=schema, name=name, kind=RelationKind.TABLE, owner="o", columns=held)


def snapshot(*relations: Relation) -> Snapshot:
    return Snapshot("shop", 180_000, relations={one.oid: one for one in relations})


BEFORE = snapshot(relation(TABLE, "people", "id", "email"), relation(NOTES, "notes", "body"))


@pytest.fixture
def rules(tmp_path: Path) -> "Write":
    return Write(tmp_path)


class Write:
    """Rules with these entries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *entries: str) -> Rules:
        path = self.folder / "r.yaml"
        lines = "".join(f"  - {{{entry}}}\n" for entry in entries)
        path.write_text(
            f"version: 1\nlevels: [public, internal, secret]\nunclassified: public\nclassify:\n{lines or '  []'}\n"
        )
        return load_rules([path])


def after(rules: Rules, catalog: Snapshot, memory: Memory) -> tuple[dict[ColumnId, str], Memory]:
    """The levels of all columns by name, and the memory from then on."""
    named = named_columns(rules, catalog)
    stuck, memory = hold(rules, catalog, memory, named)
    found = {column: rules.levels[known.level] for column, known in named.items()}
    return found | {one.column: rules.levels[one.known.level] for one in stuck}, memory


def renamed(**names: str) -> Snapshot:
    table = relation(TABLE, names.get("table", "people"), "id", names.get("column", "email"))
    return snapshot(replace(table, schema=names.get("schema", "shop")))


@pytest.mark.parametrize(
    "catalog",
    [
        pytest.param(renamed(column="x"), id="the column"),
        pytest.param(renamed(table="x"), id="its table"),
        pytest.param(renamed(schema="x"), id="its schema"),
    ],
)
def test_a_renamed_column_keeps_its_level(rules: Write, catalog: Snapshot) -> None:
    ours = rules("column: shop.people.email, level: secret")
    found, memory = after(ours, BEFORE, Memory())
    assert found == {EMAIL: SECRET}
    found, memory = after(ours, catalog, memory)
    assert found == {EMAIL: SECRET}
    assert after(ours, catalog, memory)[0] == {EMAIL: SECRET}  # and goes on to


@pytest.mark.parametrize(
    ("entry", "level"),
    [
        pytest.param("column: shop.people.x, level: public", PUBLIC, id="an entry in full releases"),
        pytest.param('column: shop."people".x, level: internal', INTERNAL, id="and may say another level"),
        pytest.param("column: '*.*.x', level: public", SECRET, id="a pattern does not"),
        pytest.param("column: '*.*.*', level: internal", SECRET, id="nor one for everything"),
    ],
)
def test_what_releases_a_renamed_column(rules: Write, entry: str, level: str) -> None:
    _, memory = after(rules("column: shop.people.email, level: secret"), BEFORE, Memory())
    _, memory = after(rules("column: shop.people.email, level: secret"), renamed(column="x"), memory)
    ours = rules("column: shop.people.email, level: secret", entry)
    assert after(ours, renamed(column="x"), memory)[0][EMAIL] == level


def test_rules_that_no_longer_name_a_column_release_it(rules: Write) -> None:
    _, memory = after(rules("column: shop.people.email, level: secret"), BEFORE, Memory())
    found, memory = after(rules(), BEFORE, memory)
    assert (found, memory.columns) == ({}, {})


def test_a_level_that_is_no_more_counts_as_the_highest(rules: Write) -> None:
    _, memory = after(rules("column: shop.people.email, level: secret"), BEFORE, Memory())
    memory = Memory({EMAIL: replace(memory.columns[EMAIL], level="gone")})
    assert after(rules(), renamed(column="x"), memory)[0] == {EMAIL: SECRET}


def test_a_column_that_is_gone_is_forgotten(rules: Write) -> None:
    ours = rules("column: shop.people.email, level: secret")
    _, memory = after(ours, BEFORE, Memory())
    assert after(ours, snapshot(relation(TABLE, "people", "id")), memory) == ({}, Memory())


FLOW = Flow(EMAIL, Classified(Level(2), "email", "flow"), BODY)


@pytest.mark.parametrize(
    ("entry", "level"),
    [
        pytest.param("column: shop.other.x, level: public", SECRET, id="nothing about it"),
        pytest.param("column: shop.notes.body, level: public", SECRET, id="an entry in full that does not let them in"),
        pytest.param("column: shop.notes.body, level: internal, on_flow: report", INTERNAL, id="one that does"),
        pytest.param("column: '*.notes.*', level: public, on_flow: report", PUBLIC, id="by pattern too"),
        pytest.param("column: shop.notes.body, level: secret", SECRET, id="one of that level"),
    ],
)
def test_what_has_received_values_keeps_their_level(rules: Write, entry: str, level: str) -> None:
    ours = rules(entry)
    memory = raised(Memory(), ours, BEFORE, (FLOW,), (), 0)
    assert after(ours, BEFORE, memory)[0][BODY] == level


def test_it_keeps_it_under_another_name(rules: Write) -> None:
    memory = raised(Memory(), rules(), BEFORE, (FLOW,), (), 0)
    _, memory = after(rules(), BEFORE, memory)
    assert after(rules(), snapshot(relation(NOTES, "x", "y", schema="z")), memory)[0] == {BODY: SECRET}


def new(position: int) -> Flow:
    return Flow(EMAIL, Classified(Level(2), "email", "flow"), position=position)


@pytest.mark.parametrize(
    ("position", "attnums"), [pytest.param(2, (2,), id="one column"), pytest.param(EVERY, (1, 2), id="all of them")]
)
def test_a_new_relation_is_awaited(rules: Write, position: int, attnums: tuple[int, ...]) -> None:
    memory = raised(Memory(), rules(), BEFORE, (new(position),), ("made",), 0)
    assert arrived(memory, BEFORE, 1) == memory
    later = snapshot(*BEFORE.relations.values(), relation(NEW, "made", "a", "b"))
    memory = arrived(memory, later, 2)
    assert memory.awaited == ()
    assert after(rules(), later, memory)[0] == {ColumnId(NEW, Attnum(at)): SECRET for at in attnums}


def test_a_relation_that_had_that_name_before_is_not_meant(rules: Write) -> None:
    memory = raised(Memory(), rules(), BEFORE, (new(1),), ("notes",), 0)
    assert arrived(memory, BEFORE, 1).columns == {}


def test_what_does_not_come_is_not_awaited_for_ever(rules: Write) -> None:
    memory = raised(Memory(), rules(), BEFORE, (new(1),), ("made",), 0)
    assert arrived(memory, BEFORE, AWAITED_FOR_S + 1) == Memory()
