"""What a start makes of the segments that an earlier one left: where the chain goes on, and what had to be cut."""

import os
from pathlib import Path
from typing import Final

import msgspec

from proxy.audit.diagnose import is_torn, is_vacant
from proxy.audit.format import HEAD_BYTES, Kind, Recovery, read_head, segment_files
from proxy.audit.keys import ChainKeys, sync_directory
from proxy.audit.scan import Links
from proxy.errors import ConfigError, JournalDamaged

CHAIN_ID_BYTES: Final = 16
NO_HASH: Final = bytes(32)
MOVE_IT: Final = "Look at it with `pgwarden audit verify`; move the folder away to begin a new journal"


class Resumed(msgspec.Struct, frozen=True):
    """Where the chain goes on: behind the entry numbered seq, whose hash is head, in segment number. recovery: what was
    found where the last writer did not end cleanly."""

    chain_id: bytes
    number: int = 0
    seq: int = 0
    head: bytes = NO_HASH
    recovery: Recovery | None = None


def resume(directory: Path, keys: ChainKeys) -> Resumed:
    """Prepare a worker's folder for its next segment. A tail that was torn is cut off. Raises ConfigError: the journal
    was written with another key; JournalDamaged: more is wrong than a crash can do; OSError."""
    files = segment_files(directory)
    if not files:
        return Resumed(os.urandom(CHAIN_ID_BYTES))
    last = files[-1]
    data = last.read_bytes()
    if len(data) <= HEAD_BYTES and not _has_head(data):
        return _without(directory, last, len(data), keys)
    return _behind(last, data, keys)


def _has_head(data: bytes) -> bool:
    try:
        read_head(data)
    except JournalDamaged:
        return False
    return True


def _without(directory: Path, path: Path, size: int, keys: ChainKeys) -> Resumed:
    """A crash came before the segment's head was on disk: it never held an entry."""
    path.unlink()
    sync_directory(directory)
    before = resume(directory, keys)
    found = Recovery(segment=int(path.stem), entries=0, cut_at=0, cut_bytes=size)
    return msgspec.structs.replace(before, recovery=before.recovery or found)


def _behind(path: Path, data: bytes, keys: ChainKeys) -> Resumed:
    try:
        head = read_head(data)
    except JournalDamaged as damage:
        raise JournalDamaged(f"{path}: {damage}", hint=MOVE_IT) from None
    if head.key_check != keys.check:
        hint = "Name the right one with audit.key, or move the folder away to begin a new journal"
        raise ConfigError("the journal was written with another key", place=str(path), hint=hint)
    links = Links(keys.chain)
    at, seq, hash_, kind = links.walk(data, HEAD_BYTES, head.hash, head.first - 1)
    sealed = kind == Kind.SEAL and is_vacant(data, at)
    entries = seq + 1 - head.first
    if at < len(data):
        if not sealed and (kind == Kind.SEAL or (links.search(data, at) >= 0 and not is_torn(data, at, links))):
            raise JournalDamaged(f"{path}: entry {seq + 1} at byte {at} is not what was written", hint=MOVE_IT)
        _cut(path, at)
    cut = 0 if is_vacant(data, at) else len(data) - at
    found = None if sealed else Recovery(segment=head.number, entries=entries, cut_at=at, cut_bytes=cut)
    return Resumed(head.chain_id, head.number, seq, hash_, found)


def _cut(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.truncate(at)
        os.fsync(file.fileno())
