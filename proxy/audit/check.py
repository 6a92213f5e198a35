"""One segment by itself: its head, its entries, and what they say of its neighbours."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from proxy.audit.blake2b import Blake2b
from proxy.audit.decoded import Place
from proxy.audit.diagnose import Walked, walk
from proxy.audit.fault import Fault, FaultKind
from proxy.audit.format import FRAME_HASH, FRAME_HEAD, HEAD_BYTES, Head, Kind, Recovery, Seal, read_head
from proxy.audit.keys import ChainKeys
from proxy.audit.scan import Links, entries
from proxy.errors import JournalDamaged, JournalUnavailable

HASH_AT: Final = HEAD_BYTES - FRAME_HASH
SEAL_START: Final = b'{"why":'


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment came to. number: by its name. head: None where it cannot be believed. walked: None where nothing
    of it can be followed. recovery: its first entry, where it is one. why: of its seal; empty: it has none."""

    path: Path
    name: str
    size: int
    number: int
    faults: Sequence[Fault]
    head: Head | None = None
    walked: Walked | None = None
    recovery: Recovery | None = None
    why: str = ""

    @property
    def entries(self) -> int:
        """How many it holds."""
        return self.walked.seq + 1 - self.walked.first if self.walked else 0


def check(path: Path, keys: ChainKeys) -> Checked:
    """Check one segment. A file that ends within its head is being made, or was when its writer died."""
    data, name = _read(path), f"{path.parent.name}/{path.name}"
    blank = Checked(path=path, name=name, size=len(data), number=int(path.stem), faults=())
    if len(data) < HEAD_BYTES:
        return blank
    try:
        head = read_head(data)
    except JournalDamaged as damage:
        fault = _of_head(name, 0, FaultKind.DAMAGED, str(damage))
        return _followed(blank, data, keys, data[HASH_AT:HEAD_BYTES], (fault,))
    if head.key_check != keys.check:
        fault = _of_head(name, 64, FaultKind.REPLACED, "it was written with another key")
        return msgspec.structs.replace(blank, head=head, faults=(fault,))
    proper = Blake2b(keys.chain).hash(head.covered)
    if proper == head.hash:
        return msgspec.structs.replace(_followed(blank, data, keys, proper, (), head.first), head=head)
    if Links(keys.chain).walk(data, HEAD_BYTES, proper, head.first - 1)[0] > HEAD_BYTES:
        fault = _of_head(name, HASH_AT, FaultKind.DAMAGED, "the hash of its head was changed")
        return msgspec.structs.replace(_followed(blank, data, keys, proper, (fault,), head.first), head=head)
    fault = _of_head(name, 0, FaultKind.ALTERED, "its head was changed, and the checksum mended")
    return _followed(blank, data, keys, head.hash, (fault,))


def _followed(
    blank: Checked, data: bytes, keys: ChainKeys, anchor: bytes, faults: tuple[Fault, ...], first: int | None = None
) -> Checked:
    """The entries. first: number of the first one; None: as the first whole one says."""
    begin, _ = entries(data, HEAD_BYTES, 1)
    if first is None:
        first = begin[0][1] if begin else 1
    walked = walk(blank.name, data, Links(keys.chain), anchor, first)
    return msgspec.structs.replace(
        blank,
        faults=(*faults, *walked.faults),
        walked=walked,
        recovery=_recovery(data, begin[0]) if begin and begin[0][0] == Kind.RECOVERY else None,
        why=_why(data, walked.end) if walked.sealed else "",
    )


def _recovery(data: bytes, place: Place) -> Recovery | None:
    try:
        return msgspec.json.decode(data[place[2] + FRAME_HEAD : place[3] - FRAME_HASH], type=Recovery)
    except msgspec.DecodeError:
        return None


def _why(data: bytes, end: int) -> str:
    """Why the segment was sealed whose last entry ends there."""
    start = data.rfind(SEAL_START, 0, end)
    try:
        return msgspec.json.decode(data[start : end - FRAME_HASH], type=Seal).why
    except msgspec.DecodeError:
        return ""


def _of_head(name: str, at: int, kind: FaultKind, detail: str) -> Fault:
    return Fault(segment=name, entry=None, byte=at, kind=kind, detail=detail)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise JournalUnavailable(f"{path} cannot be read: {error.strerror}") from None
