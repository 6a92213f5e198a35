import struct
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.methods.auto import Auto
from tests.masking.columns import BINARY, KEYS, LABEL, masked
from tests.reference import masks

KEY = KEYS.derive(LABEL)
US = timedelta(microseconds=1)
DATE, TIME, TIMETZ = Column(oids.DATE), Column(oids.TIME), Column(oids.TIMETZ)
TIMESTAMP, TIMESTAMPTZ, INTERVAL = Column(oids.TIMESTAMP), Column(oids.TIMESTAMPTZ), Column(oids.INTERVAL)
zones = st.integers(-57_540, 57_540).map(lambda seconds: timezone(timedelta(seconds=seconds)))
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))  # noqa: DTZ001  a timestamp has no zone


def clock(since: timedelta) -> str:
    """HH:MM:SS of a time of day."""
    return str(masks.MILLENNIUM + since)[11:19]


def zone(offset: timedelta | None) -> str:
    """An offset as the server writes it: no more of it than is not zero."""
    assert offset is not None
    text = str(masks.MILLENNIUM + abs(offset))[11:19].removesuffix(":00").removesuffix(":00")
    return ("-" if offset < timedelta(0) else "+") + text


@given(day=st.dates())
@example(day=date(2000, 2, 29))
@example(day=date(1, 1, 1))
def test_a_date_agrees_with_the_reference(day: date) -> None:
    number = (day - date(2000, 1, 1)).days
    expected = masks.day(KEY, number)
    assert masked(Auto(), DATE, day.isoformat().encode()) == expected.isoformat().encode()
    sent = struct.pack("!i", (expected - date(2000, 1, 1)).days)
    assert masked(Auto(), DATE, struct.pack("!i", number), BINARY) == sent


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        pytest.param("0001-12-31 BC", -730_120, id="the last day before the first year"),
        pytest.param("4713-01-01 BC", -2_451_507, id="the first year that PostgreSQL has"),
        pytest.param("5874897-12-31", 2_145_031_948, id="its last day"),
        pytest.param("10000-01-01", 2_921_940, id="a year of five digits"),
    ],
)
def test_a_date_outside_python_s_years_masks_alike_in_both_formats(shown: str, number: int) -> None:
    expected = masks.day(KEY, number)
    assert masked(Auto(), DATE, shown.encode()) == expected.isoformat().encode()
    sent = struct.pack("!i", (expected - date(2000, 1, 1)).days)
    assert masked(Auto(), DATE, struct.pack("!i", number), BINARY) == sent


@given(moment=moments)
def test_a_timestamp_agrees_with_the_reference(moment: datetime) -> None:
    number = (moment - masks.MILLENNIUM) // US
    expected = masks.moment(KEY, number)
    assert masked(Auto(), TIMESTAMP, moment.isoformat(" ").encode()) == str(expected).encode()
    sent = struct.pack("!q", (expected - masks.MILLENNIUM) // US)
    assert masked(Auto(), TIMESTAMP, struct.pack("!q", number), BINARY) == sent


@given(moment=moments, offset=zones)
def test_a_timestamp_with_a_time_zone_agrees_with_the_reference(moment: datetime, offset: timezone) -> None:
    expected = masks.moment(KEY, (moment - masks.MILLENNIUM) // US)
    local = moment.replace(tzinfo=UTC).astimezone(offset)
    shown = local.replace(tzinfo=None).isoformat(" ") + zone(local.utcoffset())
    assert masked(Auto(), TIMESTAMPTZ, shown.encode()) == str(expected).encode() + b"+00"


@given(moment=st.times(), offset=zones)
def test_a_time_agrees_with_the_reference(moment: time, offset: timezone) -> None:
    since = datetime.combine(masks.MILLENNIUM, moment) - masks.MILLENNIUM
    west = -(offset.utcoffset(None) // timedelta(seconds=1))
    plain = masks.time_of_day(KEY, masks.signed(since // US))
    zoned = masks.time_of_day(KEY, masks.signed(since // US) + masks.signed(west))
    assert masked(Auto(), TIME, moment.isoformat().encode()) == clock(plain).encode()
    assert masked(Auto(), TIME, struct.pack("!q", since // US), BINARY) == struct.pack("!q", plain // US)
    shown = moment.isoformat() + zone(offset.utcoffset(None))
    assert masked(Auto(), TIMETZ, shown.encode()) == clock(zoned).encode() + b"+00"
    sent = struct.pack("!qi", since // US, west)
    assert masked(Auto(), TIMETZ, sent, BINARY) == struct.pack("!qi", zoned // US, 0)


def spelled(months: int, days: int, microseconds: int) -> str:
    """An interval where IntervalStyle is postgres."""
    years, rest = divmod(abs(months), 12)
    sign = -1 if months < 0 else 1
    parts = [f"{number:+d} {unit}" for number, unit in ((sign * years, "years"), (sign * rest, "mons"), (days, "day"))]
    hours, below = divmod(abs(microseconds), 3_600_000_000)
    below_hour = str(masks.MILLENNIUM + US * below)[13:]
    parts.append(f"{'-' if microseconds < 0 else '+'}{hours:02d}{below_hour}")
    return " ".join(parts)


@given(
    months=st.integers(-2_000, 2_000),
    days=st.integers(-(10**6), 10**6),
    microseconds=st.integers(-(10**15), 10**15) | st.integers(-100, 100),
)
@example(months=0, days=0, microseconds=-1)
def test_an_interval_agrees_with_the_reference(months: int, days: int, microseconds: int) -> None:
    whole, rest = masks.interval(KEY, months, days, microseconds)
    shown = spelled(months, days, microseconds)
    assert masked(Auto(), INTERVAL, shown.encode()) == f"{whole} days {clock(rest)}".encode()
    sent = struct.pack("!qii", microseconds, days, months)
    assert masked(Auto(), INTERVAL, sent, BINARY) == struct.pack("!qii", rest // US, whole, 0)


REDACTED = [
    (DATE, "2000-01-01"),
    (TIMESTAMP, "2000-01-01 00:00:00"),
    (TIMESTAMPTZ, "2000-01-01 00:00:00+00"),
    (TIME, "00:00:00"),
    (TIMETZ, "00:00:00+00"),
    (INTERVAL, "00:00:00"),
]
OTHERS = ["infinity", "-infinity", "", "29.02.2024", "02/29/2024", "2024-13-01", "2024-02-32", "24-02-29", "0000-01-01",
          "2024-02-29 12:00:00", "2024-02-29 12:00:00+00 AD", "12:60:00", "1:00:00", "12:00:00.1234567", "12:00:00+",
          "P1Y2M3DT4H5M6S", "@ 1 year", "1-2 3 4:05:06", "1 year ago", "9999999999:00:00", "2024-02-29T12:00:00",
          "294277-01-01 00:00:00", "4801-01-01 BC", "99999999-01-01"]  # fmt: skip
FITS = {(oids.TIMESTAMP, "2024-02-29 12:00:00")}


@pytest.mark.parametrize(("column", "constant"), REDACTED, ids=lambda case: getattr(case, "display", ""))
def test_what_is_no_finite_moment_in_iso_style_is_redacted(column: Column, constant: str) -> None:
    values = [value for value in OTHERS if (column.type_oid, value) not in FITS]
    assert {masked(Auto(), column, value.encode()) for value in values} == {constant.encode()}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param(DATE, struct.pack("!i", 2**31 - 1), id="infinity"),
        pytest.param(DATE, struct.pack("!i", -(2**31)), id="-infinity"),
        pytest.param(TIMESTAMP, struct.pack("!q", 2**63 - 1), id="infinity with a time"),
        pytest.param(TIMESTAMPTZ, struct.pack("!q", -(2**63)), id="-infinity with a time"),
        pytest.param(INTERVAL, struct.pack("!qii", 2**63 - 1, 2**31 - 1, 2**31 - 1), id="an infinite interval"),
        *(pytest.param(column, b"\x01" * size, id=f"{size} bytes") for column, _ in REDACTED for size in (0, 3, 5, 17)),
    ],
)
def test_a_binary_moment_that_is_none_is_redacted(column: Column, value: bytes) -> None:
    empty = {oids.DATE: 4, oids.TIMETZ: 12, oids.INTERVAL: 16}.get(column.type_oid, 8)
    assert masked(Auto(), column, value, BINARY) == bytes(empty)


def test_an_interval_with_fields_is_redacted_because_a_keyed_one_would_not_fit() -> None:
    year_to_month = Column(oids.INTERVAL, 6 << 16 | 0xFFFF)
    assert masked(Auto(), year_to_month, b"1 year 2 mons") == b"00:00:00"
    with_precision_only = Column(oids.INTERVAL, 0x7FFF << 16)
    assert masked(Auto(), with_precision_only, b"1 year") == masked(Auto(), INTERVAL, b"1 year")
