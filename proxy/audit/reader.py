"""Reads a worker's segments: whole entries in order, passing over what is damaged (`verify` says what it is)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from proxy.audit.decoded import Place
from proxy.audit.format import HEAD_BYTES, Head, read_head, segment_files
from proxy.audit.scan import entries, search, torn
from proxy.errors import JournalDamaged, JournalUnavailable


class Piece(msgspec.Struct, frozen=True):
    """Entries that stand one behind the other. An entry is (kind, seq, start, end): its payload is
    data[start + 20 : end - 32], its hash data[end - 32 : end]; the 32 bytes before start are the hash before."""

    path: Path
    data: bytes
    places: Sequence[Place]
    skipped: int
    """Bytes before the first one that are no whole entry."""
    first: bool
    """The segment begins here."""


def read_segment(path: Path) -> Iterator[Piece]:
    """The pieces of one segment; several where something in it is damaged."""
    data = _read(path)
    at, skipped, first = HEAD_BYTES, 0, True
    if len(data) < HEAD_BYTES:
        return
    while True:
        places, end = entries(data, at)
        yield Piece(path, data, places, skipped, first)
        if end == len(data) or (at := search(data, end)) < 0 or torn(data, end, at):
            return  # what is behind a hole is being written, or was when its writer died
        skipped, first = at - end, False


def head_of(path: Path) -> Head | None:
    """The head of a segment; None where it is damaged or not written yet."""
    try:
        with path.open("rb") as file:
            return read_head(file.read(HEAD_BYTES))
    except (OSError, JournalDamaged):
        return None


def segments_since(directory: Path, since_us: int | None) -> Sequence[Path]:
    """A worker's segments, without the first ones that end before a moment: the next had begun by then."""
    files = segment_files(directory)
    if since_us is None:
        return files
    begun = [(head.begun_us if (head := head_of(path)) else 0) for path in files]
    ended = sum(1 for moment in begun[1:] if 0 < moment <= since_us)
    return files[ended:]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise JournalUnavailable(f"{path} cannot be read: {error.strerror}") from None
