"""The journal's files as a reader sees them: where they are, and a segment's head. `segment.pxd` has the layout."""

import re
import struct
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Final

import msgspec

from proxy.audit.checksum import crc32c
from proxy.errors import JournalDamaged

MAGIC: Final = b"\x89pgwj\r\n\x1a"
VERSION: Final = 1
HEAD_BYTES: Final = 256
FRAME_HEAD: Final = 20
FRAME_HASH: Final = 32
COVERED: Final = 220
_HEAD: Final = struct.Struct("<8sHHI16sQQqII8s64s32s")
_NAME: Final = re.compile(r"\d{12,20}\.pgwj")
_WORKER: Final = re.compile(r"worker-\d{2,}")


class Kind(IntEnum):
    """What an entry is (`frame.pxd`)."""

    SESSION = 1
    STATEMENT = 2
    EXECUTION = 3
    NOTE = 4
    RECOVERY = 5
    SEAL = 6


class Head(msgspec.Struct, frozen=True):
    """The head of a segment. hash: what its first entry is chained to."""

    chain_id: bytes
    number: int
    first: int
    begun_us: int
    worker: int
    key_check: bytes
    instance: str
    previous: bytes
    hash: bytes
    covered: bytes
    """The bytes that the hash is made of."""


class Recovery(msgspec.Struct, frozen=True):
    """Payload of a recovery entry: what a start found in the segment before. cut_at: offset of the first byte that was
    cut; cut_bytes: how many were, 0 where it ended with a whole entry. entries: that it has."""

    segment: int
    entries: int
    cut_at: int
    cut_bytes: int


class Seal(msgspec.Struct, frozen=True):
    """Payload of a seal. why: size, another segment follows; stop, the writer ended. entries, head: what is before."""

    why: str
    entries: int
    head: str


def worker_directory(directory: Path, worker: int) -> Path:
    """Where a worker keeps its segments."""
    return directory / f"worker-{worker:02d}"


def worker_directories(directory: Path) -> Sequence[Path]:
    """The folders of all workers; directory itself where it is one worker's."""
    found = sorted(path for path in directory.iterdir() if _WORKER.fullmatch(path.name) and path.is_dir())
    return found or ([directory] if segment_files(directory) else [])


def segment_files(directory: Path) -> Sequence[Path]:
    """A worker's segments in order."""
    found = [path for path in directory.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: int(path.stem))


def read_head(data: bytes) -> Head:
    """The head at the start of data. Raises JournalDamaged: it is none, or of a version that is not known."""
    if len(data) < HEAD_BYTES or data[:8] != MAGIC:
        raise JournalDamaged("it does not begin as a segment of a journal")
    _, version, size, _, chain_id, number, first, begun, worker, _, check, instance, previous = _HEAD.unpack_from(data)
    if crc32c(data[:COVERED]) != int.from_bytes(data[COVERED : COVERED + 4], "little"):
        raise JournalDamaged("the checksum of its head is wrong")
    if version != VERSION or size != HEAD_BYTES:
        raise JournalDamaged(f"it is of version {version}; known is {VERSION}")
    name = instance.rstrip(b"\0").decode("utf-8", "replace")
    covered, hash_ = data[:COVERED], data[HEAD_BYTES - FRAME_HASH : HEAD_BYTES]
    return Head(chain_id, number, first, begun, worker, check, name, previous, hash_, covered)
