"""COPY TO STDOUT through the masks: what comes out is what the server would have written of the masked values."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.copying import BINARY, CSV, TEXT, CopyMask
from proxy.masking.methods.partial import Partial
from proxy.masking.methods.redact import Redact
from proxy.masking.rows import RowMask
from tests.masking.columns import KEYS, LABEL
from tests.reference.copying import Options, Row, written

PARTIAL = compile_mask(Partial(keep_first=1, keep_last=1), Column(oids.TEXT), KEYS, LABEL)
REDACTED = compile_mask(Redact(), Column(oids.TEXT), KEYS, LABEL)
MASK = RowMask([None, PARTIAL, None])
NAMES = (b"id", b"e,mail", b"no\nte")
VALUES = st.one_of(
    st.none(),
    st.sampled_from([b"", rb"\N", rb"\.", b"N", b"NULL", b"\t", b"a\tb", b'say "so"', b"x,y", b"\r\n", b"\\", b"|;'"]),
    st.text(max_size=8).map(str.encode),
)
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=4)
OPTIONS = st.sampled_from(
    [
        Options(),
        Options(header=True),
        Options(delimiter=b"|"),
        Options(CSV, delimiter=b",", null=b""),
        Options(CSV, header=True, delimiter=b",", null=b""),
        Options(CSV, delimiter=b";", quote=b"'", escape=b"'", null=b"NULL"),
        Options(CSV, delimiter=b",", escape=b"\\", null=b""),
        Options(CSV, delimiter=b",", force=True, null=b""),
        Options(CSV, delimiter=b"\t", quote=b"|", escape=b"/", null=rb"\N"),
        Options(BINARY),
    ]
)


def made(options: Options, mask: RowMask = MASK, positions: Sequence[int] = (0, 1, 2)) -> CopyMask:
    """The mask of a stream with these options."""
    return CopyMask(
        mask, positions, form=options.form, header=options.header, force=options.force, null=options.null,
        delimiter=options.delimiter, quote=options.quote, escape=options.escape,
    )  # fmt: skip


def shown(row: Row, form: int) -> Row:
    """The row as its reader may see it."""
    return (row[0], MASK.value(1, form == BINARY, row[1]), row[2])


@settings(max_examples=300)
@given(rows=ROWS, options=OPTIONS, cuts=st.lists(st.integers(0, 400), max_size=6))
@example(rows=[(b"1", b"\\", b"")], options=Options(), cuts=[])
@example(rows=[(None, None, None)], options=Options(CSV, delimiter=b",", null=b""), cuts=[1])
def test_what_comes_out_is_what_the_server_writes_of_the_masked_values(
    rows: list[Row], options: Options, cuts: list[int]
) -> None:
    stream = b"".join(written(rows, options, NAMES))
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    expected = b"".join(written([shown(row, options.form) for row in rows], options, NAMES))
    assert b"".join(made(options).apply(pieces)) == expected


@settings(max_examples=100)
@given(rows=ROWS, options=OPTIONS)
def test_a_row_that_comes_whole_leaves_whole(rows: list[Row], options: Options) -> None:
    pieces = written(rows, options, NAMES)
    expected = written([shown(row, options.form) for row in rows], options, NAMES)
    assert made(options).apply(pieces) == expected


def test_columns_of_the_stream_may_be_others_than_those_of_the_mask() -> None:
    mask = made(Options(), RowMask([None, REDACTED, None, REDACTED]), (0, 3))
    assert mask.apply([b"1\tmia\n"]) == [b"1\tredacted\n"]


@pytest.mark.parametrize(
    ("options", "stream"),
    [
        pytest.param(Options(), b"1\tmia\n", id="too few columns"),
        pytest.param(Options(), b"1\tmia\tx\ty\n", id="too many columns"),
        pytest.param(Options(), b"1\tmia\tx", id="the stream ends inside a row"),
        pytest.param(Options(), b"1\tm\\iia\tx\n", id="an escape that the server does not write"),
        pytest.param(Options(), b"1\tmia\\\tx\n", id="an escaped delimiter is no delimiter"),
        pytest.param(Options(), b"1\t\\Nmia\tx\n", id="NULL and more"),
        pytest.param(Options(), b"1\tmia\tx\\\n", id="a backslash at the end"),
        pytest.param(Options(header=True), b"", id="no header"),
        pytest.param(Options(CSV, delimiter=b","), b'1,m"a,x\n', id="a quote in a field that is not quoted"),
        pytest.param(Options(CSV, delimiter=b","), b'1,"mia"a,x\n', id="more behind a quoted field"),
        pytest.param(Options(CSV, delimiter=b","), b'1,"mia,x\n', id="a quote that does not end"),
        pytest.param(Options(CSV, delimiter=b",", escape=b"\\"), b'1,"m\\ia",x\n', id="an escape of nothing"),
        pytest.param(Options(BINARY), b"PGCOPX\n\xff\r\n\0" + bytes(8), id="another signature"),
        pytest.param(Options(BINARY), b"PGCOPY\n\xff\r\n\0\0\2" + bytes(6), id="a flag that nobody knows"),
        pytest.param(Options(BINARY), b"PGCOPY\n\xff\r\n\0" + bytes(7) + b"\1x", id="an extension"),
        pytest.param(Options(BINARY), b"PGCOPY\n\xff\r\n\0" + bytes(8), id="no trailer"),
        pytest.param(Options(BINARY), b"".join(written([], Options(BINARY))) + b"\0", id="more behind the trailer"),
        pytest.param(Options(BINARY), b"".join(written([(b"1",)], Options(BINARY))), id="another count"),
        pytest.param(
            Options(BINARY), written([], Options(BINARY))[0] + b"\0\3\xff\xff\xff\xfe", id="a length below -1"
        ),
    ],
)
def test_what_does_not_read_as_the_options_say_is_not_put_out(options: Options, stream: bytes) -> None:
    for pieces in ([stream], [stream[at : at + 1] for at in range(len(stream))]):
        with pytest.raises(ValueError, match="stream"):
            made(options).apply(pieces)


def test_a_row_that_does_not_end_is_kept_up_to_a_bound() -> None:
    with pytest.raises(ValueError, match="stream"):
        made(Options()).apply([b"x" * 60, b"x" * 60], most=100)


def test_the_oids_of_old_servers_pass() -> None:
    head = b"PGCOPY\n\xff\r\n\0\0\1\0\0\0\0\0\0"
    row = b"\0\3\0\0\0\4\0\0\0\7" + b"\0\0\0\1a" * 3
    mask = made(Options(BINARY), RowMask([None, REDACTED, None]))
    assert b"".join(mask.apply([head + row + b"\xff\xff"])) == (
        head + b"\0\3\0\0\0\4\0\0\0\7" + b"\0\0\0\1a" + b"\0\0\0\x08redacted" + b"\0\0\0\1a" + b"\xff\xff"
    )


def test_whether_a_masked_value_is_quoted_does_not_tell_of_the_value() -> None:
    mask = made(Options(CSV, delimiter=b",", null=b""), RowMask([REDACTED]), (0,))
    assert mask.apply([b'mia\n"m,a"\n""\n']) == [b"redacted\n" * 3]


def test_only_text_csv_and_binary_are_forms() -> None:
    assert (TEXT, CSV, BINARY) == (0, 1, 2)
    with pytest.raises(ValueError, match="form"):
        CopyMask(MASK, (0, 1, 2), form=3)
    with pytest.raises(ValueError, match="positions"):
        CopyMask(MASK, (0, 3))
