"""COPY TO STDOUT of a reader from whom a column is hidden: rewritten as it streams, or not sent at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.lane import verdict as lane
from proxy.lane.verdict import Verdict
from proxy.masking.copying import BINARY, CSV, CopyMask
from proxy.masking.rows import RowMask
from proxy.wire.constants import Target
from proxy.wire.frame import pack
from proxy.wire.messages.copy import CopyData, CopyDone
from proxy.wire.messages.named import Describe
from tests.lane.playbook import BOUND, NO_DATA, PARSED, PROTECTED, READY, SYNC, Play, batch, complete, error, query
from tests.lane.test_masked import MASK, SECRET, WITHHELD
from tests.reference.copying import Options, written

COPY = "copy t to stdout"
TEXT_OUT, BINARY_OUT = pack(b"H", b"\0\0\2\0\0\0\0"), pack(b"H", b"\1\0\2\0\1\0\1")
DONE = CopyDone().encode()
DESCRIBE = Describe(Target.PORTAL, b"").encode()
FORMS = [
    pytest.param(Options(), id="text"),
    pytest.param(Options(CSV, header=True, delimiter=b",", null=b""), id="CSV with a header"),
    pytest.param(Options(BINARY), id="binary"),
]


def streaming(options: Options, mask: RowMask = MASK) -> Verdict:
    """COPY of two columns, the second of which is masked."""
    stream = CopyMask(
        mask, (0, 1), form=options.form, header=options.header, delimiter=options.delimiter, null=options.null
    )
    return Verdict(flags=lane.COPY, columns=2, mask=mask, covered=b"\0\1", copy=stream)


def played(options: Options, **more: int) -> Play:
    """A restricted session that knows COPY."""
    return Play({COPY: streaming(options)}, shield=[PROTECTED], **more)  # type: ignore[arg-type]  # keywords of Play


def begun(options: Options) -> bytes:
    """The server's CopyOutResponse."""
    return BINARY_OUT if options.form == BINARY else TEXT_OUT


def stream_of(options: Options, secret: bytes, rows: int = 3) -> list[bytes]:
    """What the server streams."""
    return written([(b"mia", secret)] * rows + [(None, None)], options, (b"name", b"email"))


def copied(pieces: list[bytes]) -> bytes:
    """A CopyData each."""
    return b"".join(CopyData(piece).encode() for piece in pieces)


@pytest.mark.parametrize("size", [1 << 20, 1, 7])
@pytest.mark.parametrize("options", FORMS)
def test_a_stream_is_masked_row_by_row(options: Options, size: int) -> None:
    play = played(options)
    play.client(query(COPY))
    said = begun(options) + copied(stream_of(options, SECRET)) + DONE + complete("COPY 4") + READY
    heard = b"".join(play.server(said[at : at + size]) for at in range(0, len(said), size))
    assert heard == begun(options) + copied(stream_of(options, b"redacted")) + DONE + complete("COPY 4") + READY


@settings(max_examples=100)
@given(form=st.sampled_from(FORMS), cuts=st.lists(st.integers(0, 200), max_size=8), size=st.integers(1, 90))
def test_rows_may_come_in_any_pieces(form: object, cuts: list[int], size: int) -> None:
    options: Options = form.values[0]  # type: ignore[attr-defined]  # a ParameterSet
    stream = b"".join(stream_of(options, SECRET))
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in zip(places, places[1:], strict=False)]  # noqa: RUF007
    play = played(options)
    play.client(query(COPY))
    said = begun(options) + copied(pieces) + DONE + complete("COPY 4") + READY
    heard = b"".join(play.server(said[at : at + size]) for at in range(0, len(said), size))
    assert SECRET not in heard
    assert heard.endswith(DONE + complete("COPY 4") + READY)
    assert play.session.failed == ""


def test_a_batch_that_copies_is_described_by_nothing_and_masked() -> None:
    play = played(Options())
    play.client(batch(COPY) + SYNC)
    said = PARSED + BOUND + NO_DATA + TEXT_OUT + copied([b"mia\t" + SECRET + b"\n"]) + DONE + complete("COPY 1") + READY
    masked = copied([b"mia\tredacted\n"])
    assert play.server(said) == PARSED + BOUND + TEXT_OUT + masked + DONE + complete("COPY 1") + READY


def test_each_command_of_a_string_has_a_stream_of_its_own() -> None:
    play = Play(shield=[PROTECTED])
    play.client(query("copy t to stdout; copy t to stdout"))
    play.answer(Verdict(flags=lane.COPY, commands=(streaming(Options()), streaming(Options()))))
    one = TEXT_OUT + copied([b"mia\t" + SECRET + b"\n"]) + DONE + complete("COPY 1")
    masked = TEXT_OUT + copied([b"mia\tredacted\n"]) + DONE + complete("COPY 1")
    assert play.server(one + one + READY) == masked + masked + READY


def test_an_error_in_the_middle_is_scrubbed_and_the_session_lives() -> None:
    play = played(Options())
    play.client(query(COPY))
    heard = play.server(TEXT_OUT + copied([b"mia\t" + SECRET + b"\n"]) + error() + READY)
    assert heard == TEXT_OUT + copied([b"mia\tredacted\n"]) + WITHHELD + READY
    play.client(query(COPY))
    assert play.server(TEXT_OUT + DONE + complete("COPY 0") + READY) == TEXT_OUT + DONE + complete("COPY 0") + READY


ROW = CopyData(b"mia\t" + SECRET + b"\n").encode()
CLOSED_DOORS = [
    pytest.param(ROW, id="a row without a COPY"),
    pytest.param(BINARY_OUT + ROW, id="another format"),
    pytest.param(pack(b"H", b"\0\0\3\0\0\0\0\0\0") + ROW, id="another count"),
    pytest.param(pack(b"H", b"\0\0\2\0\0") + ROW, id="a count that does not fit"),
    pytest.param(pack(b"H", b"") + ROW, id="no count"),
    pytest.param(pack(b"W", b"\0\0\2\0\0\0\0") + ROW, id="COPY both ways"),
    pytest.param(pack(b"G", b"\0\0\2\0\0\0\0") + ROW, id="COPY the other way"),
    pytest.param(TEXT_OUT + TEXT_OUT + ROW, id="a COPY inside a COPY"),
    pytest.param(TEXT_OUT + copied([b"mia " + SECRET + b"\n"]), id="another delimiter"),
    pytest.param(TEXT_OUT + copied([SECRET + b"\tmia\tx\n"]), id="another count of fields"),
    pytest.param(TEXT_OUT + copied([b"mia\t" + SECRET]) + DONE, id="an end inside a row"),
]


@pytest.mark.parametrize("size", [pytest.param(1 << 20, id="whole"), pytest.param(1, id="byte by byte")])
@pytest.mark.parametrize("said", CLOSED_DOORS)
def test_a_stream_that_is_not_what_was_decided_ends_the_session(said: bytes, size: int) -> None:
    play = played(Options())
    play.client(query(COPY))
    heard = b"".join(play.server(said[at : at + size]) for at in range(0, len(said), size))
    assert SECRET not in heard
    assert play.session.failed != ""


def test_masks_without_a_stream_of_their_own_let_no_copy_begin() -> None:
    play = Play({COPY: Verdict(flags=lane.COPY, columns=2, mask=MASK, covered=b"\0\1")}, shield=[PROTECTED])
    play.client(query(COPY))
    assert play.server(TEXT_OUT + ROW) == b""
    assert play.session.failed != ""


def test_a_row_that_does_not_end_is_bounded_by_the_limit_of_a_message() -> None:
    play = played(Options(), message=4096)
    play.client(query(COPY))
    play.server(TEXT_OUT + copied([b"x" * 4000]))
    assert play.session.failed == ""
    play.server(copied([b"x" * 4000]))
    assert play.session.failed != ""


def test_a_stream_is_of_the_masks_of_its_verdict() -> None:
    other = RowMask([None, None])
    with pytest.raises(ValueError, match="mask"):
        Verdict(columns=2, mask=MASK, covered=b"\0\1", copy=CopyMask(other, (0, 1)))
