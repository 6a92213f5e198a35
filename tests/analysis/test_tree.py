"""The reader of nodeToString: what it reads, what it refuses, and that no name can make it see structure."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proxy.analysis.tree import Node, TreeReader
from proxy.analysis.walk import footprint
from proxy.model import Footprint
from tests.analysis.cases import CASES, runs
from tests.analysis.probing import Shop, details
from tests.reference import tree as reference
from tests.support import outcome

READER = TreeReader()
NAMES = st.text(st.sampled_from('{}()\\"<>:- \n\ta1é猫VAR[]'), min_size=1, max_size=63).map(str.encode) | st.binary(
    min_size=1, max_size=63
).map(lambda text: text.replace(b"\0", b"0"))
HOSTILE = st.sampled_from('{}()\\"<>:- \n\ta1[]')
SCALARS = st.one_of(
    st.just(b"<>"),
    st.integers(-(10**17), 10**17).map(lambda one: str(one).encode()),
    st.sampled_from([b"true", b"false", b"(b)", b"(i -1 -1)", b"(o 23 25)", b"4 [ 1 0 -128 127 ]", b"0 [ ]"]),
    NAMES.map(reference.escaped),
    st.lists(NAMES.map(reference.quoted), min_size=1, max_size=4).map(lambda one: b"(" + b" ".join(one) + b")"),
)
WORDS = st.sampled_from([b"A", b"varno", b"QUERY", b"subselect_of_a_long_name", b"x_1"])


def node_text(name: bytes, fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"{" + name.upper() + b"".join(b" :" + field + b" " + value for field, value in fields) + b"}"


@st.composite
def trees(draw: st.DrawFn, levels: int = 3) -> bytes:
    """A node, as nodeToString writes it."""
    fields = draw(st.dictionaries(WORDS, st.sampled_from(["scalar", "node", "list"]), max_size=4))
    values: list[tuple[bytes, bytes]] = []
    for field, kind in fields.items():
        if kind == "scalar" or levels == 0:
            values.append((field, draw(SCALARS)))
        elif kind == "node":
            values.append((field, draw(trees(levels - 1))))
        else:
            inner = draw(st.lists(trees(levels - 1), min_size=1, max_size=3))
            values.append((field, b"(" + b" ".join(inner) + b")"))
    return node_text(draw(WORDS), values)


def plain(value: object) -> object:
    """A node as the reference writes it."""
    if isinstance(value, Node):
        return value.name, {field: plain(inner) for field, inner in {**value.fields, **value.children}.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def assert_read_or_refused(text: bytes, printed: bytes) -> None:
    """What cannot be told apart must be refused; anything else only where a name has a newline of its own."""
    read = outcome(lambda: only(READER.printed(printed)))
    allowed = [] if reference.ambiguous(text) else [reference.read(text)]
    assert read in allowed or (read is ValueError and (not allowed or b"\n" in text))


def only(nodes: tuple[Node, ...]) -> object:
    (node,) = nodes
    return plain(node)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param(b"{A}", {}, id="a node without fields"),
        pytest.param(b"{A :x <>}", {"x": None}, id="null"),
        pytest.param(b"{A :x \\<>}", {"x": "<>"}, id="a name that looks like null"),
        pytest.param(b"{A :x 5 :y -1}", {"x": 5, "y": -1}, id="numbers"),
        pytest.param(b"{A :x \\5}", {"x": "5"}, id="a name that looks like a number"),
        pytest.param(b"{A :x :y :z :w}", {"x": ":y", "z": ":w"}, id="a name that looks like a field"),
        pytest.param(b"{A :x a\\ \\{b\\}\\\\}", {"x": "a {b}\\"}, id="a name with everything"),
        pytest.param(b'{A :x ("a" "\\"b" "" "c\\ d")}', {"x": ["a", '"b', "", "c d"]}, id="strings"),
        pytest.param(b"{A :x (b 1 2) :y (o) :z (i -3)}", {"x": [1, 2], "y": [], "z": [-3]}, id="lists of numbers"),
        pytest.param(b"{A :x 4 [ 1 0 0 0 0 0 0 0 ]}", {"x": b"\1\0\0\0\0\0\0\0"}, id="a datum by value"),
        pytest.param(b"{A :x 2 [ 65 -1 ]}", {"x": b"A\xff"}, id="a datum by reference"),
        pytest.param(b"{A :x 1.5}", {"x": "1.5"}, id="a number of another kind"),
    ],
)
def test_a_field_is_read_as_what_it_is(text: bytes, fields: dict[str, object]) -> None:
    (node,) = READER.stored(text)
    assert (node.name, dict(node.fields), dict(node.children)) == ("A", fields, {})


def test_fields_that_hold_nodes_are_kept_apart() -> None:
    (node,) = READER.stored(b"{A :x 1 :y {B} :z (({C}) <>) :w (<>)}")
    assert set(node.children) == {"y", "z"}
    assert set(node.fields) == {"x", "w"}


@pytest.mark.parametrize(
    "text",
    [
        b"", b" ", b"{", b"{}", b"{A", b"{A :x", b"{A :x }", b"{A x 1}", b"{A :x 1 2}", b"{A :x 1 :x 2}", b"{A :x 1}}",
        b"{A} {B}", b"({A} b)", b"(a)", b"5", b"(5)", b"{A :x (b a)}", b"{A :x (tr)}", b"{A :x \\",
        b"{A :x 1 [ 300 ]}", b"{A :x 1 [ 1 2 ]}",
        b"{A :x 1 [ 1", b'{A :x "a}', b"{A :x 1\t:y 2}", b"{A :x 1\n:y 2}", b"{A :x( 1}", b"{A :x (}", b"{\xc3\xa9}",
    ],
)  # fmt: skip
def test_what_is_no_tree_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="tree"):
        READER.stored(text)


def test_a_top_level_list_gives_its_nodes_in_order() -> None:
    assert [node.name for node in READER.stored(b"({A} ({B} {C}))")] == ["A", "B", "C"]
    assert READER.stored(b"<>") == ()


def test_limits_are_refusals() -> None:
    deep = b"{A :x " * 50 + b"<>" + b"}" * 50
    assert READER.stored(deep)
    with pytest.raises(ValueError, match="deeper"):
        TreeReader(depth=49).stored(deep)
    with pytest.raises(ValueError, match="longer"):
        TreeReader(size_bytes=len(deep) - 1).stored(deep)
    with pytest.raises(ValueError, match="range"):
        TreeReader(depth=1_000_000)


def test_the_deepest_tree_that_can_be_asked_for_does_not_overflow_the_stack() -> None:
    reader = TreeReader(depth=10_000, size_bytes=1 << 30)
    assert reader.stored(b"{A :x ({B :y " * 3_300 + b"<>" + b"})}" * 3_300)
    assert outcome(lambda: reader.stored(b"(" * 1_000_000)) is ValueError


@given(trees())
def test_a_stored_tree_is_read_as_the_reference_reads_it(text: bytes) -> None:
    assert only(READER.stored(text)) == reference.read(text)


@given(trees())
@example(node_text(b"A", [(b"x", reference.escaped(b"{" * 63))]))
def test_a_printed_tree_is_the_stored_one_or_refused(text: bytes) -> None:
    assert_read_or_refused(text, reference.lines(text))


@given(st.binary(min_size=1, max_size=60).map(lambda text: text.replace(b"\0", b"0")), st.integers(0, 80))
@example(b"\\" * 40, 77)
@example(b"\\}" * 30, 10)
@example(b"a" * 60, 78)
@example(b"\n" * 40, 30)
def test_wherever_a_name_falls_on_a_line_it_is_the_same_name_or_refused(name: bytes, before: int) -> None:
    text = b"{A :p x" + b"x" * before + b" :n " + reference.escaped(name) + b" :q {B :r ok}}"
    assert_read_or_refused(text, reference.lines(text))


@given(st.binary(max_size=200))
def test_garbage_is_a_tree_or_a_refusal_and_nothing_else(text: bytes) -> None:
    for read in (READER.stored, READER.printed, READER.recoded):
        found = outcome(partial(read, text))
        assert isinstance(found, tuple) or found is ValueError


@given(trees(), st.data())
def test_a_cut_tree_is_refused(text: bytes, data: st.DataObject) -> None:
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(ValueError, match="tree"):
        READER.stored(cut)


def test_a_line_of_another_encoding_may_be_longer_than_it_looks() -> None:
    name = "é".encode() * 20
    short = b"{A :x " + name + b"\n:y 1}"
    assert READER.printed(short)
    with pytest.raises(ValueError, match="divide"):
        READER.recoded(short)
    assert READER.recoded("{A :x é :y 1\n:z 2}".encode())


@given(
    st.lists(
        st.text(HOSTILE | st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=80),
        min_size=3,
        max_size=3,
    )
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["{" * 63, "a", "b"])
@example(["\\" * 63, "\\" * 62, "\\" * 61])
def test_a_server_that_prints_hostile_names_is_read_rightly_or_refused(shop: Shop, names: list[str]) -> None:
    output, column, table = ('"' + cut(name).replace('"', '""') + '"' for name in names)
    sql = f"select 1 as {column}, ssn as {output} from (select email as {column}, ssn from customers) as {table}"
    printed = b"".join(details(shop.connection, sql))
    found = outcome(lambda: footprint(READER.printed(printed), shop.ground))
    if found is not ValueError:
        assert isinstance(found, Footprint)
        assert [one.name for one in found.outputs] == [
            cut(names[1]).replace("\n", " "),
            cut(names[0]).replace("\n", " "),
        ]
        assert [shop.origin(one.origin) for one in found.outputs] == ["clean", "direct customers.ssn"]


def cut(name: str) -> str:
    """As the server cuts an identifier: 63 bytes, whole characters (scansup.c, truncate_identifier)."""
    return name.encode()[:63].decode(errors="ignore")


def test_what_servers_print_is_read_as_the_reference_reads_it(shop: Shop) -> None:
    for case in (one for one in CASES if runs(shop, one)):
        for detail in details(shop.connection, case["sql"]):
            unwrapped: Any = reference.read(detail)
            assert [plain(node) for node in READER.printed(detail)] == (unwrapped or [])


def test_stored_trees_of_a_server_can_all_be_read(shop: Shop) -> None:
    questions = ("ev_action::text from pg_rewrite", "adbin::text from pg_attrdef", "conbin::text from pg_constraint")
    for question in questions:
        for (text,) in shop.connection.execute(f"select {question}".encode()).fetchall():
            assert text is None or shop.reader.stored(str(text).encode())
