import struct
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.kernels import ColumnMask
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.null import Null
from proxy.masking.methods.partial import Partial
from proxy.masking.methods.redact import Redact
from proxy.masking.rows import RowMask
from tests.masking.columns import KEYS, LABEL, data_row, frame
from tests.reference.rows import masked_row
from tests.support import agree

TEXT = Column(oids.TEXT)
MASKS: list[ColumnMask | None] = [
    None,
    *(compile_mask(method, TEXT, KEYS, LABEL) for method in (Redact(), Null(), Partial(keep_last=1), Email(), Auto())),
    compile_mask(Auto(), Column(oids.INT4), KEYS, LABEL),
    compile_mask(Auto(), Column(oids.JSONB), KEYS, LABEL),
]
REDACT, NULL = MASKS[1], MASKS[2]
cells = st.none() | st.binary(max_size=40) | st.sampled_from([b"", b"12", b"mia@corp.example", b"\x01{}", b"abcd"])
columns = st.lists(st.tuples(cells, st.integers(0, len(MASKS) - 1), st.integers(0, 1)), max_size=8)


def value_masks(
    row_mask: RowMask, masks: list[ColumnMask | None], formats: bytes
) -> list[partial[bytes | None] | None]:
    """The reference's masks: each column by itself."""
    return [
        None if mask is None else partial(row_mask.value, column, formats[column]) for column, mask in enumerate(masks)
    ]


@pytest.mark.parametrize(
    ("masks", "values", "after"),
    [
        pytest.param([], [], [], id="no column"),
        pytest.param([None], [b"a"], [b"a"], id="nothing is masked"),
        pytest.param([REDACT], [b"a"], [b"redacted"], id="all is masked"),
        pytest.param([REDACT], [None], [None], id="NULL stays NULL"),
        pytest.param([NULL], [b"a"], [None], id="a value becomes NULL"),
        pytest.param([REDACT], [b""], [b"redacted"], id="an empty value is one"),
        pytest.param([None, REDACT, None], [b"a", b"b", b"c"], [b"a", b"redacted", b"c"], id="between two that pass"),
        pytest.param([REDACT, None, REDACT], [b"a", None, b"c"], [b"redacted", None, b"redacted"], id="around one"),
        pytest.param([None, None, NULL], [b"a", b"", b"c"], [b"a", b"", None], id="at the end"),
        pytest.param([REDACT, NULL, REDACT], [b"a", b"b", None], [b"redacted", None, None], id="one behind the other"),
    ],
)
def test_a_row_is_masked_where_it_has_masks(
    masks: list[ColumnMask | None], values: list[bytes | None], after: list[bytes | None]
) -> None:
    row_mask = RowMask(masks)
    assert row_mask.apply(data_row(values), bytes(len(values))) == frame(data_row(after))
    assert (row_mask.columns, row_mask.masked) == (len(masks), sum(mask is not None for mask in masks))


@given(columns=columns)
def test_a_row_agrees_with_the_reference(columns: list[tuple[bytes | None, int, int]]) -> None:
    masks = [MASKS[mask] for _, mask, _ in columns]
    row, formats = data_row([value for value, *_ in columns]), bytes(format_ for *_, format_ in columns)
    row_mask = RowMask(masks)
    assert row_mask.apply(row, formats) == masked_row(row, value_masks(row_mask, masks, formats))


@given(
    columns=columns, cut=st.integers(0, 60), more=st.binary(max_size=5), at=st.integers(0, 60), byte=st.integers(0, 255)
)
def test_a_hostile_row_gives_the_reference_s_answer_or_its_error(
    columns: list[tuple[bytes | None, int, int]], cut: int, more: bytes, at: int, byte: int
) -> None:
    masks = [MASKS[mask] for _, mask, _ in columns]
    row, formats = bytearray(data_row([value for value, *_ in columns])), bytes(len(columns))
    row[at : at + 1] = bytes([byte])[: len(row[at : at + 1])]
    hostile, row_mask = bytes(row[: len(row) - cut]) + more, RowMask(masks)
    agree(
        lambda: row_mask.apply(hostile, formats),
        lambda: masked_row(hostile, value_masks(row_mask, masks, formats)),
    )


ROW = data_row([b"one", b"two", None])


@pytest.mark.parametrize("mask", [None, REDACT], ids=["passes", "masked"])
@pytest.mark.parametrize(
    "row",
    [
        *(pytest.param(ROW[:size], id=f"cut behind {size} bytes") for size in range(len(ROW))),
        pytest.param(ROW + b"\x00", id="a byte too many"),
        pytest.param(ROW + struct.pack("!i", -1), id="a value too many"),
        pytest.param(struct.pack("!hii", 3, -2, -1) + struct.pack("!i", -1), id="a length of -2"),
        pytest.param(struct.pack("!hi", 3, -(2**31)), id="the least length"),
        pytest.param(struct.pack("!hi", 3, 2**31 - 1) + b"one", id="the greatest length"),
        pytest.param(data_row([b"one", b"two"]), id="a column too few"),
        pytest.param(data_row([b"one", b"two", b"three", b"four"]), id="a column too many"),
        pytest.param(struct.pack("!h", -1) + ROW[2:], id="65535 columns"),
    ],
)
def test_a_row_that_does_not_fit_gives_nothing(row: bytes, mask: ColumnMask | None) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        RowMask([mask, None, mask]).apply(row, bytes(3))


@pytest.mark.parametrize("formats", [b"", b"\x00\x00", b"\x00\x00\x00\x00"])
def test_formats_of_another_number_of_columns_are_refused(formats: bytes) -> None:
    with pytest.raises(ValueError, match="formats"):
        RowMask([None, REDACT, None]).apply(ROW, formats)


@pytest.mark.parametrize("format_", [2, 255])
def test_a_format_that_the_protocol_does_not_have_masks_nothing_and_passes_nothing(format_: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        RowMask([REDACT]).apply(data_row([b"one"]), bytes([format_]))
    assert RowMask([REDACT]).value(0, format_, b"one") is None


@pytest.mark.parametrize("column", [-1, 1, 2**31 - 1])
def test_a_value_of_no_column_is_null(column: int) -> None:
    assert RowMask([None]).value(column, 0, b"one") is None


def test_a_value_without_a_mask_passes_and_null_is_null() -> None:
    assert RowMask([None]).value(0, 0, b"one") == b"one"
    assert RowMask([REDACT]).value(0, 0, None) is None


def test_rows_one_behind_the_other_are_masked_in_one_go() -> None:
    row_mask = RowMask([None, REDACT])
    rows = [data_row([b"%d" % number, b"x" * number]) for number in range(300)]
    expected = b"".join(row_mask.apply(row, bytes(2)) for row in rows)
    assert row_mask.apply_frames(b"".join(frame(row) for row in rows), bytes(2)) == expected


@pytest.mark.parametrize(
    "frames", [b"D", frame(ROW)[:-1], b"C" + frame(ROW)[1:], b"D\x00\x00\x00\x05\x00\x03", b"D" + b"\xff" * 20]
)
def test_frames_that_are_no_whole_rows_are_refused(frames: bytes) -> None:
    with pytest.raises(ValueError, match="DataRow"):
        RowMask([None, REDACT, None]).apply_frames(frames, bytes(3))


def test_more_masks_than_a_row_has_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="masks"):
        RowMask([None] * 65_536)


def test_what_is_no_mask_is_refused() -> None:
    with pytest.raises(TypeError):
        RowMask(["redact"])  # type: ignore[list-item]


def test_a_row_mask_keeps_its_masks_alive() -> None:
    row_mask = RowMask([compile_mask(Redact(), TEXT, KEYS, LABEL) for _ in range(100)])
    assert row_mask.apply(data_row([b"x"] * 100), bytes(100)) == frame(data_row([b"redacted"] * 100))


def test_a_mask_that_hides_null_makes_it_the_constant() -> None:
    mask = compile_mask(Redact(), TEXT, KEYS, LABEL)
    mask.hide_null()
    hiding = RowMask([mask, None])
    for formats in (b"\x00\x00", b"\x01\x01"):
        assert hiding.apply(data_row([None, None]), formats) == frame(data_row([b"redacted", None]))
        assert hiding.value(0, formats[0], None) == b"redacted"
    assert hiding.value(1, 0, None) is None


def test_a_mask_whose_constant_is_null_has_nothing_else_to_show() -> None:
    mask = compile_mask(Null(), TEXT, KEYS, LABEL)
    mask.hide_null()
    assert RowMask([mask]).apply(data_row([None]), b"\x00") == frame(data_row([None]))
