"""The compiled walk stops exactly where a decision is needed."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.wire.constants import MAX_LENGTH
from proxy.wire.frame import pack
from proxy.wire.walker import Walker
from tests.reference.wire_walker import walk

ROW, ERROR = pack(b"D", b"\0\1\xff\xff\xff\xff"), pack(b"E", b"\0")
STOP_AT_ERROR = bytes(type_ == ord("E") for type_ in range(256))
FRAMES = st.lists(st.builds(pack, st.binary(min_size=1, max_size=1), st.binary(max_size=9)), max_size=6).map(b"".join)
STREAMS = st.builds(lambda frames, cut: frames[: len(frames) - cut], FRAMES, st.integers(0, 6)) | st.binary(max_size=40)


def outcome(of: Callable[[], int]) -> int | type[ValueError]:
    """What a call gives, or that it refuses."""
    try:
        return of()
    except ValueError:
        return ValueError


@pytest.mark.parametrize(
    ("chunk", "passes"),
    [
        pytest.param(b"", 0, id="nothing passes nothing"),
        pytest.param(ROW + ROW[:-1], len(ROW), id="a cut frame waits"),
        pytest.param(ROW + ROW[:4], len(ROW), id="a cut header waits"),
        pytest.param(ROW + ERROR + ROW, len(ROW), id="an error stops the walk, and all behind it"),
        pytest.param(ROW + ERROR + b"D\0\0\0\0", len(ROW), id="behind a stop nothing is judged"),
        pytest.param(ROW * 1000, len(ROW) * 1000, id="a thousand frames pass as one slice"),
        pytest.param(b"D\x3f\xff\xff\xfe", 0, id="the longest frame of the protocol waits"),
    ],
)
def test_the_walk_stops_where_a_decision_is_needed(chunk: bytes, passes: int) -> None:
    assert Walker(STOP_AT_ERROR).walk(chunk, 0) == passes


@pytest.mark.parametrize("length", [0, 3, 0x3FFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="length"):
        Walker(bytes(256)).walk(ROW + b"D" + length.to_bytes(4, "big"), 0)


@pytest.mark.parametrize("start", [-1, 3])
def test_a_start_outside_the_chunk_is_refused(start: int) -> None:
    with pytest.raises(ValueError, match="start"):
        Walker(bytes(256)).walk(b"ab", start)


@pytest.mark.parametrize(("stops", "limit"), [(bytes(255), 4), (bytes(257), 4), (bytes(256), 3), (bytes(256), 1 << 31)])
def test_a_walker_that_could_read_past_its_tables_is_not_built(stops: bytes, limit: int) -> None:
    with pytest.raises(ValueError, match=r"stops|limit"):
        Walker(stops, limit)


@given(
    chunk=STREAMS,
    start=st.integers(0, 12),
    stops=st.sets(st.integers(0, 255)).map(lambda types: bytes(type_ in types for type_ in range(256))),
    limit=st.integers(4, 14) | st.just(MAX_LENGTH),
)
@example(chunk=b"D\x7f\xff\xff\xff", start=0, stops=bytes(256), limit=MAX_LENGTH)
def test_the_walk_agrees_with_the_reference(chunk: bytes, start: int, stops: bytes, limit: int) -> None:
    compiled = outcome(lambda: Walker(stops, limit).walk(chunk, start))
    assert compiled == outcome(lambda: walk(chunk, start, stops, limit))
