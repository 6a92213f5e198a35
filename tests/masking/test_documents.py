"""Parts of documents, masked in place."""

import json
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.embedded.postgres import EmbeddedPostgres
from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.documents import Part, compile_document
from proxy.masking.method import Method
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.fixed import Fixed
from proxy.masking.methods.hash import Hash
from proxy.masking.methods.null import Null
from proxy.masking.methods.partial import Partial
from proxy.masking.methods.redact import Redact
from proxy.masking.rows import RowMask
from tests.masking.columns import BINARY, KEYS, LABEL, TEXT
from tests.reference import documents
from tests.reference.documents import Unreadable

JSON, JSONB, TEXTS, NUMERIC = Column(oids.JSON), Column(oids.JSONB), Column(oids.TEXT), Column(oids.NUMERIC)
PARTS: list[Part] = [
    (("a",), Auto(), LABEL),
    (("b", "a"), Partial(keep_first=1, keep_last=1), LABEL),
    (("b", "é\n"), Null(), LABEL),
    (("c", "b", "a"), Fixed(value=7), LABEL),
    (("c", "a"), Redact(), LABEL),
]
NUMBERS: dict[tuple[str, ...], Method] = {("a",): Auto(), ("c", "b", "a"): Fixed(value=7)}
names = st.sampled_from(["a", "b", "c", "é\n", "", "aa", '"', "\\"])
scalars = (
    st.sampled_from(["1", "-0.50", "1e5", "12345678901234567890", "true", "false", "null"])
    | st.text(max_size=6).map(json.dumps)
    | st.text(max_size=6).map(lambda text: json.dumps(text, ensure_ascii=False))
)
spaces = st.sampled_from(["", "", " ", "\n\t", "  \r"])


@st.composite
def keys(draw: st.DrawFn) -> str:
    """A key as a document may write it."""
    return "".join(
        f"\\u{ord(one):04X}" if draw(st.booleans()) else json.dumps(one, ensure_ascii=False)[1:-1]
        for one in draw(names)
    )


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects, with doubles among their keys, and arrays; white space where it may be."""
    member = st.tuples(keys(), spaces, spaces, inner).map(lambda one: f'{one[1]}"{one[0]}"{one[2]}:{one[1]}{one[3]}')
    bodies = st.tuples(st.just("{}"), spaces, st.lists(member, max_size=4)) | st.tuples(
        st.just("[]"), spaces, st.lists(inner, max_size=3)
    )
    return bodies.map(lambda one: one[0][0] + one[1] + f"{one[1]},".join(one[2]) + one[1] + one[0][1])


written = st.recursive(scalars, containers, max_leaves=14)


def document_mask(parts: Sequence[Part] = PARTS, column: Column = JSONB, *, utf8: bool = True) -> RowMask:
    """The mask of one column."""
    return RowMask([compile_document(parts, column, KEYS, utf8=utf8)])


def shown(document: str, parts: Sequence[Part] = PARTS) -> str:
    """A document as text, masked."""
    return (document_mask(parts).value(0, TEXT, document.encode()) or b"").decode()


def twin(parts: Sequence[Part]) -> documents.Parts:
    """The same masks for the reference."""
    return {
        path: documents.Part(
            _by(compile_column(method, TEXTS)),
            _by(compile_column(NUMBERS.get(path, Null() if isinstance(method, Null) else Redact()), NUMERIC)),
            "null" if isinstance(method, Null) else "false",
            "null" if isinstance(method, Null) else "{}",
        )
        for path, method, _ in parts
    }


def compile_column(method: Method, column: Column) -> RowMask:
    return RowMask([compile_mask(method, column, KEYS, LABEL)])


class _by:  # noqa: N801  used as a function
    """A mask as a function of texts."""

    def __init__(self, mask: RowMask) -> None:
        self._mask = mask

    def __call__(self, value: str) -> str | None:
        after = self._mask.value(0, TEXT, value.encode("utf-8", "surrogatepass"))
        return None if after is None else after.decode()


REFERENCE = twin(PARTS)


def expected(document: str) -> str:
    """What the reference says: the constant for what is no document."""
    try:
        return documents.masked(document, REFERENCE)
    except Unreadable:
        return "{}"


@given(document=written)
@example(document='{"a":{"a":1},"b":[[{"\\u0061":"xyz"}],{"a":[{"b":1}, 2]}],"a":"1"}')
@example(document='{"b":{"\\u00e9\\n":{"a":1},"é\\n":"x"},"c":[{"b":[{"a":1.5},{"a":true}]},{"a":"x"}]}')
def test_it_agrees_with_the_reference(document: str) -> None:
    after = expected(document)
    assert shown(document) == after
    binary = document_mask().value(0, BINARY, b"\x01" + document.encode())
    assert binary == (b"\x01" + after.encode())
    json.loads(after)


@given(document=written, at=st.integers(0, 60), cut=st.integers(0, 3), put=st.text('{}[]",:\\ua1', max_size=2))
def test_what_is_damaged_is_read_alike(document: str, at: int, cut: int, put: str) -> None:
    broken = document[:at] + put + document[at + cut :]
    assert shown(broken) == expected(broken)


@pytest.mark.parametrize(
    ("path", "method", "document", "after"),
    [
        pytest.param("ssn", Redact(), '{"ssn": "1", "x": 1}', '{"ssn": "redacted", "x": 1}', id="a string"),
        pytest.param("ssn", Redact(), '{"ssn": 12.50}', '{"ssn": 0}', id="a number stays one"),
        pytest.param("ssn", Redact(), '{"ssn": [true, false, null]}', '{"ssn": [false, false, null]}', id="words"),
        pytest.param("ssn", Redact(), '{"ssn": {"ssn": 1}, "x": 1}', '{"ssn": {}, "x": 1}', id="an object as a whole"),
        pytest.param("ssn", Null(), '{"ssn": [1, "a", {"b": 2}]}', '{"ssn": [null, null, null]}', id="null hides all"),
        pytest.param("ssn", Redact(), '{"\\u0073sn": 1}', '{"\\u0073sn": 0}', id="a key with escapes"),
        pytest.param("ssn", Redact(), '{"ssn": 1, "ssn": 2}', '{"ssn": 0, "ssn": 0}', id="a key that stands twice"),
        pytest.param("ssn", Redact(), '{"SSN": 1, "ssn ": 2}', '{"SSN": 1, "ssn ": 2}', id="other keys"),
        pytest.param("ssn", Redact(), '[[{"ssn": 1}], 2]', '[[{"ssn": 0}], 2]', id="an array counts as its members"),
        pytest.param("a ssn", Redact(), '{"a": [{"ssn": 1}]}', '{"a": [{"ssn": 0}]}', id="so does one on the way"),
        pytest.param("a ssn", Redact(), '{"a": "ssn", "ssn": 1}', '{"a": "ssn", "ssn": 1}', id="elsewhere"),
        pytest.param("ssn", Partial(keep_last=4), '{"ssn": "123-45-6789"}', '{"ssn": "*******6789"}', id="partial"),
        pytest.param("ssn", Partial(keep_last=1), '{"ssn": "a\\u0000\\"\\\\"}', '{"ssn": "***\\\\"}', id="escapes"),
        pytest.param("ssn", Partial(keep_last=4), '{"ssn": 123456789}', '{"ssn": 0}', id="no ends of a number"),
        pytest.param("ssn", Fixed(value="x"), '{"ssn": ["a", 5]}', '{"ssn": ["x", 0]}', id="a fixed text"),
        pytest.param("ssn", Fixed(value=9), '{"ssn": ["a", 5]}', '{"ssn": ["9", 9]}', id="a fixed number"),
        pytest.param("ssn", Fixed(value=True), '{"ssn": [5, false]}', '{"ssn": [0, true]}', id="a fixed boolean"),
        pytest.param("ssn", Redact(), ' {"x" :1 , "y":[ ]} ', ' {"x" :1 , "y":[ ]} ', id="what is not meant stays"),
        pytest.param("ssn", Redact(), '"ssn"', '"ssn"', id="a scalar document"),
        pytest.param("ssn", Redact(), '{"ssn": 1', "{}", id="what is cut"),
    ],
)  # fmt: skip
def test_a_part_is_masked_in_place(path: str, method: Method, document: str, after: str) -> None:
    assert shown(document, [(tuple(path.split()) if " " in path else (path,), method, LABEL)]) == after


@pytest.mark.parametrize("method", [Auto(), Hash(), Email()], ids=["auto", "hash", "email"])
def test_a_keyed_part_masks_as_the_column_of_its_type_does(method: Method) -> None:
    document = '{"x": ["M\\u00fc \\"", 12]}'
    text, number = json.loads(shown(document, [(("x",), method, LABEL)]))["x"]
    assert text.encode() == compile_column(method, TEXTS).value(0, TEXT, 'Mü "'.encode())
    assert str(number).encode() == compile_column(Auto(), NUMERIC).value(0, TEXT, b"12")


def test_a_document_that_is_too_deep_becomes_the_constant() -> None:
    assert shown('{"x":' * 1024 + "1" + "}" * 1024) == '{"x":' * 1024 + "1" + "}" * 1024
    assert shown('{"x":' * 1025 + "1" + "}" * 1025) == "{}"


@pytest.mark.parametrize("document", [b'{"\xe9": 1}', b'"\x95\\"', b'{"x": "\xed\xa0\x80"}'])
def test_what_is_not_utf8_becomes_the_constant(document: bytes) -> None:
    assert document_mask().value(0, TEXT, document) == b"{}"


def test_in_another_encoding_only_ascii_is_read() -> None:
    mask = document_mask(utf8=False)
    assert mask.value(0, TEXT, '{"x": "é"}'.encode()) == b"{}"
    assert mask.value(0, TEXT, b'{"x": "\\u00e9"}') == b'{"x": "\\u00e9"}'


@pytest.mark.parametrize(
    ("value", "after"),
    [
        pytest.param(b"123-45-6789", b"*******6789", id="a string's content"),
        pytest.param(b'{"a": "6789"}', b"redacted", id="an object"),
        pytest.param(b"[6789]", b"redacted", id="an array"),
        pytest.param(b"", b"redacted", id="nothing"),
    ],
)
def test_a_part_as_text_shows_no_ends_of_a_container(value: bytes, after: bytes) -> None:
    mask = document_mask([((), Partial(keep_last=4), LABEL)], TEXTS)
    assert mask.value(0, TEXT, value) == mask.value(0, BINARY, value) == after


@pytest.mark.parametrize("column", [Column(oids.INT4), Column(oids.JSONB, is_domain=True), TEXTS])
def test_a_column_that_holds_no_documents_becomes_the_constant(column: Column) -> None:
    mask = document_mask(column=column)
    assert mask.value(0, TEXT, b'{"a": 1}') in (b"0", None, b"redacted")


@pytest.fixture(scope="module")
def connection(any_server: EmbeddedPostgres) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        yield connection


@given(document=written)
def test_the_server_reads_what_was_masked(connection: psycopg.Connection[tuple[object, ...]], document: str) -> None:
    stored = [b'{"b": {"a": "a\\u00e9z", "x": 1.50}, "a": [1, {"c": 2}]}', document.replace("\\u0000", "").encode()]
    for value in stored:
        ask = connection.pgconn.exec_params
        as_text = ask(b"select $1::jsonb, $1::json", [value])
        as_binary = ask(b"select $1::jsonb, $1::json", [value], result_format=1)
        assert as_text.status == psycopg.pq.ExecStatus.TUPLES_OK, as_text.error_message
        masks = document_mask(), document_mask(column=JSON)
        texts = [mask.value(0, TEXT, as_text.get_value(0, at)) for at, mask in enumerate(masks)]
        binaries = [mask.value(0, BINARY, as_binary.get_value(0, at)) for at, mask in enumerate(masks)]
        assert [b"\x01" + (texts[0] or b""), texts[1]] == binaries
        read = ask(b"select $1::jsonb, $2::json", texts)
        assert read.status == psycopg.pq.ExecStatus.TUPLES_OK, read.error_message
