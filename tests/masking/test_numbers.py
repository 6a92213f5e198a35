import math
import struct
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.methods.auto import Auto
from tests.masking.columns import BINARY, KEYS, LABEL, TEXT, masked
from tests.reference import masks

KEY = KEYS.derive(LABEL)
INTEGERS = {oids.INT2: "!h", oids.INT4: "!i", oids.INT8: "!q"}
bigints = st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**32), 2**32) | st.integers(-100, 100)
numerics = st.builds(
    lambda whole, scale: Decimal(whole).scaleb(-scale), st.integers(-(10**25), 10**25), st.integers(0, 30)
)
floats = st.floats(allow_nan=False, allow_infinity=False)
singles = st.floats(allow_nan=False, allow_infinity=False, width=32)


def numeric(precision: int, scale: int) -> Column:
    return Column(oids.NUMERIC, (precision << 16 | scale & 0x7FF) + 4)


def limbs_of(number: Decimal, scale: int, padding: int = 0) -> bytes:
    """A numeric in binary format with so many digits behind the point, and some zeros that mean nothing."""
    behind = -(-scale // 4) + padding
    units = int(abs(number).scaleb(4 * behind))
    limbs: list[int] = []
    while units:
        units, limb = divmod(units, 10_000)
        limbs.insert(0, limb)
    limbs = [0] * padding + limbs
    sign = 0x4000 if number < 0 else 0
    return struct.pack(f"!HhHH{len(limbs)}H", len(limbs), len(limbs) - behind - 1, sign, scale, *limbs)


def number_of(data: bytes) -> tuple[Decimal, int]:
    """The number that a numeric's binary format says, and its display scale."""
    count, weight, sign, scale = struct.unpack_from("!HhHH", data)
    limbs = struct.unpack_from(f"!{count}H", data, 8)
    assert sign == 0
    assert len(data) == 8 + 2 * count
    assert not limbs or (limbs[0] and limbs[-1])
    whole = sum(Decimal(limb).scaleb(4 * (weight - index)) for index, limb in enumerate(limbs))
    return Decimal(whole), scale


@pytest.mark.parametrize("oid", INTEGERS)
@given(number=bigints)
@example(number=-(2**31))
@example(number=2**31)
def test_an_integer_agrees_with_the_reference(oid: int, number: int) -> None:
    bits = 8 * struct.calcsize(INTEGERS[oid])
    number = (number + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
    expected = masks.smallint(KEY, number) if oid == oids.INT2 else masks.exact(KEY, Decimal(number))
    sent = struct.pack(INTEGERS[oid], number)
    assert masked(Auto(), Column(oid), str(number).encode()) == str(expected).encode()
    assert masked(Auto(), Column(oid), sent, BINARY) == struct.pack(INTEGERS[oid], expected)


@pytest.mark.parametrize("oid", INTEGERS)
@pytest.mark.parametrize(
    "value", ["", "-", "01", "-0", "+1", "1.0", " 1", "1e3", "99999999999999999999", "0x1", "1_000"]
)
def test_a_text_that_the_server_would_not_write_becomes_zero(oid: int, value: str) -> None:
    assert masked(Auto(), Column(oid), value.encode()) == b"0"


@pytest.mark.parametrize(
    ("oid", "value"), [(oids.INT2, "32768"), (oids.INT4, "2147483648"), (oids.INT8, "-9223372036854775809")]
)
def test_an_integer_beyond_its_type_becomes_zero(oid: int, value: str) -> None:
    assert masked(Auto(), Column(oid), value.encode()) == b"0"


@given(number=numerics, padding=st.integers(0, 2))
@example(number=Decimal(2**31), padding=0)
@example(number=Decimal("-0.00010000"), padding=1)
@example(number=Decimal("12345678901234567890.5").scaleb(200), padding=0)
def test_a_numeric_agrees_with_the_reference(number: Decimal, padding: int) -> None:
    scale = max(0, -int(number.as_tuple().exponent))
    expected = masks.numeric(KEY, number, 0, 0)
    shown = masked(Auto(), Column(oids.NUMERIC), f"{number:f}".encode())
    sent = masked(Auto(), Column(oids.NUMERIC), limbs_of(number, scale, padding), BINARY) or b""
    assert shown == f"{expected:.{scale}f}".encode()
    assert number_of(sent) == (expected, scale)


@given(st.data())
def test_a_numeric_fits_its_precision_and_scale(data: st.DataObject) -> None:
    precision = data.draw(st.integers(1, 40))
    scale = data.draw(st.integers(-6, 46))
    digits = data.draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    number, column = Decimal(digits).scaleb(-scale), numeric(precision, scale)
    displayed = max(scale, 0)
    expected = masks.numeric(KEY, number, precision, scale)
    shown = masked(Auto(), column, f"{number:.{displayed}f}".encode())
    sent = masked(Auto(), column, limbs_of(number, displayed), BINARY) or b""
    assert shown == f"{expected:.{displayed}f}".encode()
    assert number_of(sent) == (expected, displayed)
    assert expected < Decimal(10) ** (precision - scale)


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "", "-", ".5", "5.", "00", "1e5", "1.2.3", "0x1", "1,5"]
)
def test_what_is_no_finite_numeric_becomes_zero(value: str) -> None:
    assert masked(Auto(), Column(oids.NUMERIC), value.encode()) == b"0"
    assert masked(Auto(), numeric(6, 2), value.encode()) == b"0.00"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(struct.pack("!HhHH", 0, 0, 0xC000, 0), id="NaN"),
        pytest.param(struct.pack("!HhHH", 0, 0, 0xD000, 0), id="infinity"),
        pytest.param(struct.pack("!HhHH", 1, 0, 0, 0), id="a digit is missing"),
        pytest.param(struct.pack("!HhHHHH", 1, 0, 0, 0, 1, 1), id="a digit too many"),
        pytest.param(struct.pack("!HhHHH", 1, 0, 0, 0, 10_000), id="no digit of base 10000"),
        pytest.param(struct.pack("!HhHHH", 1, 0, 0, 0x4000, 1), id="a scale that numeric does not have"),
        pytest.param(b"\x00\x01", id="less than a header"),
    ],
)
def test_what_is_no_binary_numeric_becomes_zero(value: bytes) -> None:
    assert masked(Auto(), Column(oids.NUMERIC), value, BINARY) == bytes(8)


@pytest.mark.parametrize("weight", [32767, -32768])
def test_a_numeric_of_the_longest_spelling_is_masked(weight: int) -> None:
    value = struct.pack("!HhHHH", 1, weight, 0, 0, 1234)
    number = Decimal(1234).scaleb(4 * weight)
    expected = Decimal(masks.exact(KEY, number))
    assert number_of(masked(Auto(), Column(oids.NUMERIC), value, BINARY) or b"") == (expected, 0)


@given(number=floats)
@example(number=-0.0)
def test_a_double_agrees_with_the_reference(number: float) -> None:
    expected = masks.hundredths(KEY, struct.pack("!d", number or 0.0), 10**9)
    shown = masked(Auto(), Column(oids.FLOAT8), repr(number).encode()) or b""
    assert Decimal(shown.decode()) == expected
    assert masked(Auto(), Column(oids.FLOAT8), struct.pack("!d", number), BINARY) == struct.pack("!d", float(expected))


@given(number=singles)
def test_a_real_agrees_with_the_reference(number: float) -> None:
    expected = masks.hundredths(KEY, struct.pack("!d", number or 0.0), 10**7)
    shown = masked(Auto(), Column(oids.FLOAT4), f"{number:.9g}".encode()) or b""
    assert Decimal(shown.decode()) == expected
    assert masked(Auto(), Column(oids.FLOAT4), struct.pack("!f", number), BINARY) == struct.pack("!f", float(expected))


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "", "1e999", "0x1p3", "1 ", "1,5", "--1", "1" * 64, "nan", "e"]
)
def test_what_is_no_finite_float_becomes_zero(value: str) -> None:
    assert masked(Auto(), Column(oids.FLOAT8), value.encode()) == b"0"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_binary_float_becomes_zero(number: float) -> None:
    assert masked(Auto(), Column(oids.FLOAT8), struct.pack("!d", number), BINARY) == bytes(8)
    assert masked(Auto(), Column(oids.FLOAT4), struct.pack("!f", number), BINARY) == bytes(4)


MONEY = [
    pytest.param("$1,234.56", 123456, "@@@@,@@@.@@", id="the first group takes more digits"),
    pytest.param("-$1,234.56", -123456, "@@@@,@@@.@@", id="the sign goes"),
    pytest.param("($0.05)", -5, "@@@@@@@.@@", id="so do parentheses"),
    pytest.param("1.234,56 €", 123456, "@@@@.@@@,@@", id="separators of Germany"),
    pytest.param("1\u202f234,56 €", 123456, "@@@@\u202f@@@,@@", id="separators of France"),
    pytest.param("¥5", 5, "@@@@@@@@@", id="a currency without cents"),
    pytest.param("$123,456,789.12", 12345678912, "@,@@@,@@@.@@", id="of too many digits the first go"),
    pytest.param("-$92,233,720,368,547,758.08", -(2**63), "@,@@@,@@@.@@", id="the least amount"),
]


@pytest.mark.parametrize(("shown", "cents", "pattern"), MONEY)
def test_a_money_keeps_its_separators_and_nothing_else(shown: str, cents: int, pattern: str) -> None:
    digits = iter(str(masks.money(KEY, cents)))
    expected = "".join(next(digits) if character == "@" else character for character in pattern)
    assert (masked(Auto(), Column(oids.MONEY), shown.encode(), TEXT) or b"").decode() == expected


@given(cents=bigints)
def test_a_binary_money_agrees_with_the_reference(cents: int) -> None:
    expected = struct.pack("!q", masks.money(KEY, cents))
    assert masked(Auto(), Column(oids.MONEY), struct.pack("!q", cents), BINARY) == expected


@pytest.mark.parametrize("value", ["", "$", "free", "9" * 20, "1" * 65, "1 and 2", "1-2"])
def test_what_is_no_money_becomes_zero(value: str) -> None:
    assert masked(Auto(), Column(oids.MONEY), value.encode()) == b"0"
