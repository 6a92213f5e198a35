"""A byte stream is cut into frames, wherever its chunks end."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import ProtocolViolation
from proxy.wire.frame import Frame, pack
from proxy.wire.reader import FrameReader, OpeningReader

FRAMES = st.lists(st.builds(Frame, st.binary(min_size=1, max_size=1), st.binary(max_size=40)), max_size=6)


def chunks_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    """stream, cut at each of cuts."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


@given(frames=FRAMES, cuts=st.lists(st.integers(0, 300), max_size=5))
def test_frames_come_out_whole_however_the_stream_is_cut(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(frame.encode() for frame in frames)
    for chunks in ([stream], [bytes([byte]) for byte in stream], chunks_of(stream, cuts)):
        reader = FrameReader(limit=40)
        assert [frame for chunk in chunks for frame in reader.feed(chunk)] == frames
        assert reader.take_rest() == b""


@pytest.mark.parametrize("length", [0, 1, 3, 45, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_refused_from_its_header_on(length: int) -> None:
    with pytest.raises(ProtocolViolation):
        FrameReader(limit=40).feed(b"Q" + length.to_bytes(4, "big"))


def test_the_longest_frame_allowed_passes() -> None:
    assert FrameReader(limit=40).feed(pack(b"Q", bytes(40))) == [Frame(b"Q", bytes(40))]


def test_the_type_of_a_frame_is_known_from_its_first_byte() -> None:
    reader = FrameReader(limit=40)
    assert reader.next_type is None
    assert reader.feed(b"Q") == []
    assert reader.next_type == b"Q"


def test_what_is_not_asked_for_stays_as_it_came() -> None:
    reader = FrameReader(limit=40)
    reader.push(pack(b"Z", b"I") + b"N\0\0")
    assert reader.pull() == Frame(b"Z", b"I")
    assert (reader.buffered, reader.take_rest(), reader.buffered) == (3, b"N\0\0", 0)


@pytest.mark.parametrize("length", [0, 3, 4, 7, 45, 0x80000000, 0xFFFFFFFF])
def test_an_opening_length_that_cannot_be_is_refused(length: int) -> None:
    reader = OpeningReader(limit=40)
    reader.push(length.to_bytes(4, "big"))
    with pytest.raises(ProtocolViolation):
        reader.pull()


def test_an_opening_is_assembled_byte_by_byte() -> None:
    packet = bytes.fromhex("00000008 04d2162f")
    reader = OpeningReader(limit=40)
    for byte in packet[:-1]:
        reader.push(bytes([byte]))
        assert reader.pull() is None
    reader.push(packet[-1:] + b"rest")
    assert reader.pull() == packet[4:]
    assert (reader.buffered, reader.take_rest()) == (4, b"rest")
