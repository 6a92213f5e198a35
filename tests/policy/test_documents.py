"""Parts of documents: how they are written, what a path meets, and what a reader gets of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model import (
    AS_TEXT,
    ITSELF,
    Attnum,
    Classification,
    Classified,
    ColumnId,
    ColumnTreatment,
    Document,
    Level,
    Oid,
    Origin,
    Output,
    Treatment,
)
from proxy.policy.classifier import Classifier
from proxy.policy.documents import document_path, positions, written
from proxy.policy.exposure import Exposure
from proxy.policy.names import column_pattern
from proxy.policy.reasons import Reason
from proxy.policy.rules import ClassifyEntry, Derived, Rules, Subject
from proxy.policy.treat import treat

META = ColumnId(Oid(20_000), Attnum(3))
TWIN = ColumnId(Oid(20_001), Attnum(3))
OTHER = ColumnId(Oid(20_002), Attnum(1))
SSN = Classified(Level(3), "national_id", "rules.yaml:1", ("patient", "ssn"))
NAME = Classified(Level(1), "name", "rules.yaml:2", ("patient", "name"))
VISITS = Classified(Level(2), "default", "rules.yaml:3", ("visits",))
PARTS = (SSN, NAME, VISITS)
CLASSIFICATION = Classification(
    columns={META: Classified(Level(3)), TWIN: Classified(Level(3)), OTHER: Classified(Level(3))},
    highest=Level(3),
    unclassified=Level(0),
    documents={META: Document(PARTS), TWIN: Document(PARTS)},
)


def reader(clearance: int) -> Exposure:
    """Somebody who gets constants of what is derived."""
    return Exposure(Subject("reader", clearance=Level(clearance), derived=Derived.MASK, top=Level(3)), CLASSIFICATION)


def part(*path: str, of: ColumnId = META) -> ColumnId:
    return ColumnId(of.relation, of.attnum, path)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("$.a", ("a",)),
        ("$.patient.ssn", ("patient", "ssn")),
        ("$.a[*].b", ("a", "b")),
        ("$.a[*]", ("a",)),
        ("$[*].a[ 0 ][*].b", ("a", "b")),
        ('$."odd key".x', ("odd key", "x")),
        ('$."a.b[\\"\\u00e9"', ('a.b["é',)),
        ("$.größe.x-1", ("größe", "x-1")),
    ],
)
def test_a_path_is_its_keys(text: str, keys: tuple[str, ...]) -> None:
    assert document_path(text) == keys


NO_PATHS = [
    *["", "$", "$[*]", "a.b", "$a", "$.", "$..a", "$.a.", "$.a b", "$.*", "$.a[x]", "$.a[-1]", '$."a', '$."\\x"'],
    *["$.a?(@)", "$.a[*", "$.a.size()", "strict $.a", " $.a", "$.a ", "$['a']"],
]


@pytest.mark.parametrize("text", NO_PATHS)
def test_what_is_no_path_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|whole document|no string"):
        document_path(text)


@given(keys=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1).map(tuple))
def test_a_path_for_people_is_one_of_the_rules(keys: tuple[str, ...]) -> None:
    assert document_path(written(keys)) == keys


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param((), {0}, id="all of it"),
        pytest.param((".a",), {1}, id="above"),
        pytest.param((".a", ".b"), {2}, id="the part"),
        pytest.param((".a", ".b", ".c"), {3}, id="below it"),
        pytest.param((".b",), set(), id="elsewhere"),
        pytest.param((".a", ".c"), set(), id="beside it"),
        pytest.param(("?a",), {0, 1}, id="a key or a position"),
        pytest.param(("?0", ".a", "?1", ".b"), {2}, id="positions on the way"),
        pytest.param(("?b",), {0}, id="a position, whatever it is as a key"),
        pytest.param((".a", AS_TEXT), {1}, id="above, as a text"),
        pytest.param((".a", ITSELF), set(), id="what is above a part tells nothing by itself"),
        pytest.param((".a", ".b", ITSELF), {2}, id="but the part does"),
        pytest.param((".a", ".b", "?c", ITSELF), {2, 3}, id="and what is below"),
    ],
)
def test_a_path_meets_a_part(path: tuple[str, ...], found: set[int]) -> None:
    assert positions(path, ("a", "b")) == found


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ((), 3),
        ((".patient",), 3),
        ((".patient", ".name"), 1),
        ((".patient", ".name", ".first"), 1),
        ((".patient", ".city"), 0),
        ((".city",), 0),
        ((".visits", ".doctor"), 2),
        ((ITSELF,), 0),
        (("?1", AS_TEXT), 3),
    ],
)
def test_a_part_has_the_level_of_what_it_meets(path: tuple[str, ...], level: int) -> None:
    assert reader(0).level_of(part(*path)) == level


def test_what_is_in_no_part_has_the_level_of_the_rest() -> None:
    mixed = Classification(
        {META: SSN}, Level(3), None, documents={META: Document((SSN,), Classified(Level(2))), TWIN: Document((SSN,))}
    )
    exposure = Exposure(Subject("reader"), mixed)
    assert exposure.level_of(part(".city")) == 2
    assert exposure.level_of(part(".patient", ".ssn")) == 3
    assert exposure.level_of(part(".city", of=TWIN)) is None
    assert exposure.level_of(part(".city", of=OTHER)) is None


def test_a_part_of_a_column_without_classified_parts_is_the_column() -> None:
    assert reader(0).level_of(part(".x", of=OTHER)) == 3


IN_PLACE = ((("patient", "name"), "name"), (("patient", "ssn"), "national_id"), (("visits",), "default"))


@pytest.mark.parametrize(
    ("clearance", "columns", "treatment"),
    [
        pytest.param(0, [()], IN_PLACE, id="the document: every part"),
        pytest.param(1, [()], (IN_PLACE[1], IN_PLACE[2]), id="a reader may see one and not another"),
        pytest.param(3, [()], None, id="or all"),
        pytest.param(0, [(".patient",)], ((("name",), "name"), (("ssn",), "national_id")), id="above parts"),
        pytest.param(0, [(".patient", ".ssn")], (((), "national_id"),), id="a part"),
        pytest.param(0, [(".patient", ".ssn", AS_TEXT)], (((), "national_id"),), id="a part as a text"),
        pytest.param(0, [(".city",)], None, id="elsewhere"),
        pytest.param(0, [(".city", AS_TEXT)], None, id="elsewhere as a text"),
        pytest.param(0, [(".patient", AS_TEXT)], Treatment.REDACT, id="above parts as a text"),
        pytest.param(0, [(AS_TEXT,)], Treatment.REDACT, id="the document as a text"),
        pytest.param(0, [(".visits", ".doctor")], Treatment.REDACT, id="below a part: whether it is there tells"),
        pytest.param(0, [("?patient",)], (*IN_PLACE, (("name",), "name"), (("ssn",), "national_id")), id="either"),
        pytest.param(0, [(), (".patient",)], Treatment.REDACT, id="arms that are masked otherwise"),
        pytest.param(0, [(), (".city",)], Treatment.REDACT, id="an arm that is not protected"),
    ],
)
def test_a_bare_part_is_masked_in_place(clearance: int, columns: list[tuple[str, ...]], treatment: object) -> None:
    direct = frozenset(part(*path) for path in columns)
    found = treat(Output("x", Oid(3802), -1, Origin(direct, direct)), reader(clearance))
    match found:
        case ColumnTreatment(treatment=Treatment.PASS):
            assert treatment is None
        case ColumnTreatment(treatment=Treatment.MASK):
            assert found.parts == (tuple(sorted(treatment)) if isinstance(treatment, tuple) else treatment)
        case ColumnTreatment():
            assert found.treatment is treatment
        case Reason():
            pytest.fail("refused")


def test_arms_with_the_same_parts_are_masked_alike() -> None:
    direct = frozenset((META, TWIN))
    assert treat(Output("x", Oid(3802), -1, Origin(direct, direct)), reader(0)) == ColumnTreatment(
        Treatment.MASK, "name", META, IN_PLACE
    )


def test_a_document_that_is_protected_as_a_whole_has_the_mask_of_its_column() -> None:
    mixed = Classification(
        {META: SSN}, Level(3), Level(0), documents={META: Document((SSN,), Classified(Level(2), "notes"))}
    )
    exposure = Exposure(Subject("reader", derived=Derived.MASK), mixed)
    assert treat(Output("x", Oid(3802), -1, Origin(frozenset((META,)), frozenset((META,)))), exposure) == (
        ColumnTreatment(Treatment.MASK, "notes", META)
    )
    of_it = frozenset((part(".city"),))
    assert treat(Output("x", Oid(3802), -1, Origin(of_it, of_it)), exposure) == (
        ColumnTreatment(Treatment.REDACT, column=part(".city"))
    )


def entry(level: int, json: str | None = None) -> ClassifyEntry:
    return ClassifyEntry(column_pattern("a.b.c"), Level(level), json=json, place=f"{json}={level}")


@pytest.mark.parametrize(
    ("files", "whole", "parts"),
    [
        pytest.param([[entry(2, "$.x")]], None, ["$.x=2"], id="a part alone"),
        pytest.param([[entry(1), entry(2, "$.x")]], "None=1", ["$.x=2"], id="a part behind the whole counts"),
        pytest.param([[entry(2, "$.x"), entry(1, "$.x[*]")]], None, ["$.x=2"], id="the first of a part in a file"),
        pytest.param([[entry(1, "$.x")], [entry(2, "$.x")]], None, ["$.x=2"], id="the highest across files"),
        pytest.param([[entry(1), entry(2)], [entry(1, "$.x")]], "None=1", ["$.x=1"], id="the first for the whole"),
    ],
)
def test_entries_for_parts_stand_beside_those_for_the_whole(
    files: list[list[ClassifyEntry]], whole: str | None, parts: list[str]
) -> None:
    classifier = Classifier(Rules(("l", "m", "h"), Level(0), classify=tuple(map(tuple, files))), "shop")
    found = classifier.whole_for("a", "b", "c")
    assert (None if found is None else found.place) == whole
    assert [one.place for one in classifier.parts_for("a", "b", "c")] == parts
