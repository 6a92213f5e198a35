"""Values that a person writes into the rules, as text and in binary."""

import struct
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from proxy.masking import oids
from proxy.masking.column import NAME_BYTES, Column

Literal: TypeAlias = str | int | float | bool
Encoded: TypeAlias = tuple[bytes, bytes]
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
INTEGERS: Final = MappingProxyType({oids.INT2: "!h", oids.INT4: "!i", oids.INT8: "!q"})
LIMB: Final = 10_000  # a base-10000 digit of numeric's binary format


def encode(value: Literal, column: Column) -> Encoded:
    """A value of the column's type. Raises ValueError, in words: it is none, or the type has no literals here."""
    if column.is_text:
        return _text(value, column)
    if column.labels:
        return _label(value, column)
    if (encoder := ENCODERS.get(column.type_oid)) is None:
        raise ValueError(f"no value can be given for type {column.display}")
    try:
        return encoder(value, column)
    except (ValueError, ArithmeticError, struct.error):
        raise ValueError(f"the value is none of type {column.display}") from None


def _written(value: Literal) -> str:
    """A value as a person writes it; a number in quotes is the same number."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _text(value: Literal, column: Column) -> Encoded:
    text = _written(value)
    if len(text) > column.limit or (column.type_oid == oids.NAME and len(text.encode()) > NAME_BYTES):
        raise ValueError(f"the value is longer than type {column.display}")
    if "\x00" in text:
        raise ValueError("a text cannot hold a zero byte")
    data = text.ljust(column.pad).encode()
    return data, data


def _label(value: Literal, column: Column) -> Encoded:
    label = _written(value)
    if label not in column.labels:
        raise ValueError("the value is none of the enum's labels")
    return label.encode(), label.encode()


def _boolean(value: Literal, column: Column) -> Encoded:
    if (truth := {"true": True, "false": False}.get(_written(value).lower())) is None:
        raise ValueError
    return (b"t", b"\x01") if truth else (b"f", b"\x00")


def _integer(value: Literal, column: Column) -> Encoded:
    if isinstance(value, bool | float):
        raise ValueError
    number = int(value)
    return str(number).encode(), struct.pack(INTEGERS[column.type_oid], number)


def _float(value: Literal, column: Column) -> Encoded:
    if isinstance(value, bool):
        raise ValueError
    form = "!f" if column.type_oid == oids.FLOAT4 else "!d"
    binary = struct.pack(form, float(value))
    number: float = struct.unpack(form, binary)[0]
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError
    return repr(number).encode(), binary


def _numeric(value: Literal, column: Column) -> Encoded:
    if isinstance(value, bool):
        raise ValueError
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError from None
    if not number.is_finite() or not -1000 <= number.adjusted() <= 1000:
        raise ValueError
    if column.precision:
        number = _fitted(number, column)
    scale = max(-int(number.as_tuple().exponent), 0)
    return f"{number:f}".encode(), _numeric_binary(number, scale)


def _fitted(number: Decimal, column: Column) -> Decimal:
    """The number with the column's scale. Raises ValueError: it has more digits than precision and scale allow."""
    unit = Decimal(1).scaleb(-column.scale)
    if number % unit != 0 or abs(number) >= Decimal(10) ** (column.precision - column.scale):
        raise ValueError
    return Decimal(f"{number:.{max(column.scale, 0)}f}")


def _numeric_binary(number: Decimal, scale: int) -> bytes:
    """ndigits, weight, sign, dscale and the base-10000 digits (numeric.c, numeric_send)."""
    whole, _, fraction = f"{abs(number):.{scale}f}".partition(".")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    digits = whole + fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    limbs = [int(digits[at : at + 4]) for at in range(0, len(digits), 4)]
    weight = len(whole) // 4 - 1
    while limbs and limbs[0] == 0:
        limbs, weight = limbs[1:], weight - 1
    while limbs and limbs[-1] == 0:
        limbs = limbs[:-1]
    sign = 0x4000 if number < 0 else 0
    return struct.pack(f"!HhHH{len(limbs)}H", len(limbs), weight if limbs else 0, sign, scale, *limbs)


def _date(value: Literal, column: Column) -> Encoded:
    day = date.fromisoformat(_written(value))
    return day.isoformat().encode(), struct.pack("!i", (day - EPOCH.date()).days)


def _fits(moment: time | datetime, column: Column) -> None:
    """Raises ValueError: the moment has more digits behind its seconds than timestamp(n) or time(n) allow."""
    if column.typmod >= 0 and moment.microsecond % 10 ** max(6 - column.typmod, 0):
        raise ValueError


def _time(value: Literal, column: Column) -> Encoded:
    moment = time.fromisoformat(_written(value))
    _fits(moment, column)
    if moment.tzinfo is not None:
        raise ValueError
    since = datetime.combine(EPOCH, moment, tzinfo=UTC) - EPOCH
    return moment.isoformat().encode(), struct.pack("!q", since // MICROSECOND)


def _timestamp(value: Literal, column: Column) -> Encoded:
    moment = datetime.fromisoformat(_written(value))
    _fits(moment, column)
    if moment.tzinfo is not None:
        raise ValueError
    since = moment.replace(tzinfo=UTC) - EPOCH
    return moment.isoformat(" ").encode(), struct.pack("!q", since // MICROSECOND)


def _timestamptz(value: Literal, column: Column) -> Encoded:
    moment = datetime.fromisoformat(_written(value))
    _fits(moment, column)
    if moment.tzinfo is None:
        raise ValueError
    moment = moment.astimezone(UTC)
    return moment.isoformat(" ").encode(), struct.pack("!q", (moment - EPOCH) // MICROSECOND)


def _uuid(value: Literal, column: Column) -> Encoded:
    number = uuid.UUID(_written(value))
    return str(number).encode(), number.bytes


def _bytea(value: Literal, column: Column) -> Encoded:
    text = _written(value)
    if not text.startswith("\\x"):
        raise ValueError
    data = bytes.fromhex(text[2:])
    return b"\\x" + data.hex().encode(), data


def _json(value: Literal, column: Column) -> Encoded:
    text = _written(value).encode()
    msgspec.json.decode(text)
    return text, b"\x01" + text if column.type_oid == oids.JSONB else text


ENCODERS: Final[Mapping[int, Callable[[Literal, Column], Encoded]]] = MappingProxyType(
    {
        oids.BOOL: _boolean,
        **dict.fromkeys(INTEGERS, _integer),
        oids.FLOAT4: _float,
        oids.FLOAT8: _float,
        oids.NUMERIC: _numeric,
        oids.DATE: _date,
        oids.TIME: _time,
        oids.TIMESTAMP: _timestamp,
        oids.TIMESTAMPTZ: _timestamptz,
        oids.UUID: _uuid,
        oids.BYTEA: _bytea,
        oids.JSON: _json,
        oids.JSONB: _json,
    }
)
