import re
import struct
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.redact import Redact
from tests.masking.columns import BINARY, KEYS, LABEL, masked
from tests.reference import masks

KEY = KEYS.derive(LABEL)
ARRAY_OF = {element: array for array, element in oids.ELEMENT_OF.items()}
TEXTS, NUMBERS, BYTEAS = Column(ARRAY_OF[oids.TEXT]), Column(ARRAY_OF[oids.INT4]), Column(ARRAY_OF[oids.BYTEA])
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')


def quoted(value: str | None) -> str:
    """One element (array_out), quoted whether it needs it or not."""
    return "NULL" if value is None else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def written(values: Sequence[str | None]) -> bytes:
    return ("{" + ",".join(quoted(value) for value in values) + "}").encode()


def elements(shown: bytes) -> list[str | None]:
    """The elements of an array with one dimension."""
    found = ELEMENT.findall(shown.decode()[1:-1])
    return [None if plain == "NULL" else plain or re.sub(r"\\(.)", r"\1", inner) for inner, plain in found]


def sent(values: Sequence[bytes | None], element: int, has_null: int) -> bytes:
    """The binary format of an array with one dimension (array_send)."""
    cells = [struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in values]
    return struct.pack("!iiIii", 1, has_null, element, len(values), 1) + b"".join(cells)


@given(values=st.lists(st.none() | texts, min_size=1, max_size=6))
@example(values=["\\" * 2_000, 'a"b', "NULL", "", None])
def test_an_array_is_masked_element_by_element(values: list[str | None]) -> None:
    expected = [None if value is None else masks.text(KEY, value, 16) for value in values]
    shown = masked(Auto(), TEXTS, written(values)) or b""
    assert elements(shown) == expected
    has_null = int(None in values)
    raw = sent([None if value is None else value.encode() for value in values], oids.TEXT, has_null)
    answer = sent([None if value is None else value.encode() for value in expected], oids.TEXT, has_null)
    assert masked(Auto(), TEXTS, raw, BINARY) == answer


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        pytest.param("{}", "{}", id="empty"),
        pytest.param("{1,NULL,2}", "{@,NULL,@}", id="NULL stays"),
        pytest.param("{{1,2},{3,4}}", "{{@,@},{@,@}}", id="two dimensions"),
        pytest.param("[0:1][-1:0]={{1,2},{3,4}}", "[0:1][-1:0]={{@,@},{@,@}}", id="bounds"),
    ],
)
def test_the_shape_of_an_array_stays(value: str, pattern: str) -> None:
    numbers = (str(masks.exact(KEY, Decimal(number))) for number in range(1, 5))
    expected = "".join(next(numbers) if character == "@" else character for character in pattern)
    assert (masked(Auto(), NUMBERS, value.encode()) or b"").decode() == expected


def test_an_element_is_quoted_where_it_needs_it() -> None:
    shown = masked(Auto(), BYTEAS, b'{"\\\\x01"}') or b""
    assert shown == b'{"\\\\x' + masks.tag(KEY, b"\x01").hex().encode() + b'"}'
    intervals = Column(ARRAY_OF[oids.INTERVAL])
    assert (masked(Auto(), intervals, b"{01:00:00}") or b"").startswith(b'{"')


BROKEN = [
    "",
    "{",
    "}",
    "{1",
    "{1}}",
    "{1}{2}",
    '{"1}',
    '{"1\\"}',
    "1",
    "[0:1]",
    "[x]={1}",
    "{1\\2}",
    '{1"2"}',
    "{1,{2}",
    "[0:1]={1}x",
]


@pytest.mark.parametrize("value", BROKEN)
def test_what_is_no_array_becomes_an_empty_one(value: str) -> None:
    assert masked(Auto(), NUMBERS, value.encode()) == b"{}"


EMPTY = struct.pack("!iiI", 0, 0, oids.INT4)
ONE = struct.pack("!iiIiiii", 1, 0, oids.INT4, 1, 1, 4, 7)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(ONE[:-1], id="the last byte is missing"),
        pytest.param(ONE + b"\x00", id="a byte too many"),
        pytest.param(struct.pack("!iiIii", 1, 0, oids.INT4, 1, 1), id="its element is missing"),
        pytest.param(struct.pack("!iiIiii", 1, 0, oids.INT4, 1, 1, -2), id="a length below -1"),
        pytest.param(struct.pack("!iiIiii", 1, 0, oids.INT4, 1, 1, 2**31 - 1), id="a length beyond the end"),
        pytest.param(struct.pack("!iiIii", 1, 0, oids.INT4, 2**31 - 1, 1), id="more elements than bytes"),
        pytest.param(struct.pack("!iiIii", 1, 0, oids.INT4, -1, 1), id="fewer elements than none"),
        pytest.param(struct.pack("!iiI", 7, 0, oids.INT4) + bytes(56), id="seven dimensions"),
        pytest.param(struct.pack("!iiI", -1, 0, oids.INT4), id="fewer dimensions than none"),
        pytest.param(
            struct.pack("!iiI", 2, 0, oids.INT4) + struct.pack("!iiii", 65536, 1, 65536, 1), id="too many by two"
        ),
        pytest.param(ONE.replace(struct.pack("!I", oids.INT4), struct.pack("!I", oids.TEXT)), id="of another type"),
    ],
)
def test_what_is_no_binary_array_becomes_an_empty_one(value: bytes) -> None:
    assert masked(Auto(), NUMBERS, value, BINARY) == EMPTY


def test_an_element_that_becomes_null_is_marked_in_the_header() -> None:
    unknown = Column(ARRAY_OF[oids.ACLITEM])
    assert masked(Auto(), unknown, b"{a=r/b}") == b"{NULL}"
    value = sent([b"x"], oids.ACLITEM, 0)
    assert masked(Auto(), unknown, value, BINARY) == sent([None], oids.ACLITEM, 1)


def test_redact_hides_how_many_elements_there_are() -> None:
    assert masked(Redact(), NUMBERS, b"{1,2,3}") == b"{}"
    assert masked(Redact(), NUMBERS, ONE, BINARY) == EMPTY
