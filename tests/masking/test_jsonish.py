import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.methods.auto import Auto
from tests.masking.columns import BINARY, KEYS, LABEL, masked
from tests.reference import masks

KEY = KEYS.derive(LABEL)
JSON, JSONB = Column(oids.JSON), Column(oids.JSONB)
numbers = st.integers(-(10**20), 10**20) | st.decimals(allow_nan=False, allow_infinity=False, places=3).map(float)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(value=values, is_ascii=st.booleans(), indent=st.sampled_from([None, 0, 3]))
@example(value={"": {"a": [[]]}, "b": {}}, is_ascii=True, indent=None)
@example(value=["\ud83d", 'é😀\x00\x1f\\/"'], is_ascii=True, indent=None)
def test_json_agrees_with_the_reference(value: Any, is_ascii: bool, indent: int | None) -> None:
    written = json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode("utf-8", "surrogatepass")
    expected = masks.json_value(KEY, masks.parsed(json.dumps(value)))
    shown = masked(Auto(), JSON, written) or b""
    assert masks.parsed(shown.decode("utf-8", "surrogatepass")) == expected
    assert masked(Auto(), JSONB, written) == shown
    assert masked(Auto(), JSONB, b"\x01" + written, BINARY) == b"\x01" + shown


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        pytest.param('{"a":1,"a":2}', '{"a": @, "a": @}', id="doubles among the keys stay"),
        pytest.param('[ true , false , null ]', "[false, false, null]", id="booleans have no room, null stays"),
        pytest.param("[1.50, 1.5, 1500.0]", "[@.00, @.0, @.0]", id="a number keeps its scale"),
        pytest.param("[1e5, -1E-3]", "[0, 0]", id="a number with an exponent becomes 0"),
        pytest.param('{"k\\n\\u00e9": []}', '{"k\\n\\u00e9": []}', id="keys stay as they are written"),
        pytest.param("\n\t 1 \r", "@", id="a bare number"),
    ],
)  # fmt: skip
def test_structure_survives_and_values_do_not(value: str, pattern: str) -> None:
    shown = (masked(Auto(), JSON, value.encode()) or b"").decode()
    found = iter(str(masks.exact(KEY, number)) for number in _numbers(masks.parsed(value)))
    assert shown == "".join(next(found) if character == "@" else character for character in pattern)


def _numbers(value: Any) -> list[Any]:
    members = [member for _, member in value] if isinstance(value, masks.Members) else value
    return [number for member in members for number in _numbers(member)] if isinstance(members, list) else [value]


BROKEN = [
    *["", " ", "{", "[", "]", '"', '"\\"', "tru", "nul", "falsy", "//", "'a'", "null null", "1 2"],
    *["[1", "[1,]", "[,1]", "[1 2]", "[1}", "[1],", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", '{"a":1]', "{1:2}"],
    *['"\\x"', '"\\u12"', '"\\u12zz"', '"a\nb"'],
]


@pytest.mark.parametrize("value", BROKEN)
def test_what_is_no_json_becomes_an_empty_object(value: str) -> None:
    assert masked(Auto(), JSON, value.encode()) == b"{}"
    assert masked(Auto(), JSONB, b"\x01" + value.encode(), BINARY) == b"\x01{}"


@pytest.mark.parametrize("value", [b"", b"\x02{}", b"{}"])
def test_a_binary_jsonb_of_another_version_becomes_an_empty_object(value: bytes) -> None:
    assert masked(Auto(), JSONB, value, BINARY) == b"\x01{}"


@pytest.mark.parametrize(("depth", "shown"), [(1024, b"[" * 1024 + b"]" * 1024), (1025, b"{}"), (100_000, b"{}")])
def test_a_nesting_deeper_than_its_limit_becomes_an_empty_object(depth: int, shown: bytes) -> None:
    assert masked(Auto(), JSON, b"[" * depth + b"]" * depth) == shown


def test_a_string_masks_as_the_text_that_it_means() -> None:
    expected = b'"' + (masked(Auto(), Column(oids.TEXT), "é😀".encode()) or b"") + b'"'
    assert masked(Auto(), JSON, b'"\\u00e9\\ud83d\\ude00"') == expected
