"""One segment against the key: whole, or what is wrong with it and where.

The chain is followed by a kernel. Only where it breaks are the entries behind looked at one by one: each holds the hash
that it was given, so that an entry is known to be genuine when it fits a neighbour's, wherever it stands.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, TypeAlias

import msgspec

from proxy.audit.decoded import Place
from proxy.audit.fault import Fault, FaultKind
from proxy.audit.format import FRAME_HASH, FRAME_HEAD, HEAD_BYTES, Kind
from proxy.audit.scan import Links, entries, search, state, torn

FRAME_EXTRA: Final = FRAME_HEAD + FRAME_HASH
CUT: Final = 1
BLOCK: Final = 4096
"""What a direct segment is written by (`direct.pxd`)."""
ZEROS: Final = 8
"""More bytes of a hash are not zero by chance."""
Gap: TypeAlias = tuple[int, int]


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment's entries came to. first, seq: numbers of the first one due and the last one there; hash: of the
    last one; end: offset behind it; tail: bytes behind end; sealed: the last entry is a seal."""

    faults: Sequence[Fault]
    first: int
    seq: int
    hash: bytes
    end: int
    tail: int
    sealed: bool


def walk(name: str, data: bytes, links: Links, anchor: bytes, first: int) -> Walked:
    """Follow the chain of a segment's entries from its head's hash on; first: number of the first one."""
    at, seq, hash_, kind = links.walk(data, HEAD_BYTES, anchor, first - 1)
    rest = len(data) - at
    if is_vacant(data, at) or (kind != Kind.SEAL and _unfinished(data, at, links, hash_)):
        return Walked(faults=(), first=first, seq=seq, hash=hash_, end=at, tail=rest, sealed=kind == Kind.SEAL)
    walked = Diagnosis(name, data, links, seq, hash_).walk(at, sealed=kind == Kind.SEAL)
    return msgspec.structs.replace(walked, first=first)


def is_vacant(data: bytes, at: int) -> bool:
    """Whether nothing stands from at on, or the zeros of blocks that were reserved and not used."""
    return at == len(data) or (len(data) % BLOCK == 0 and not data[at:].strip(b"\0"))


def is_torn(data: bytes, at: int, links: Links) -> bool:
    """Whether what stands at the offset was written in part, though what was to follow it may be there."""
    behind = links.search(data, at)
    return behind >= 0 and torn(data, at, behind)


def _unfinished(data: bytes, at: int, links: Links, previous: bytes) -> bool:
    """Whether all from at on is an entry that is being written, or room that never was."""
    if not data[at:].strip(b"\0"):
        return True
    if links.search(data, at) >= 0:
        return is_torn(data, at, links)
    end = len(data.rstrip(b"\0")) if torn(data, at, len(data)) else len(data)
    if end == len(data) and state(data, at) != CUT:
        return False
    # Perhaps it is whole, and its length was changed so that it seems not to be. A hash may end with zeros.
    return not any(_is_whole(data, at, whole, links, previous) for whole in range(end, min(end + ZEROS, len(data)) + 1))


def _is_whole(data: bytes, at: int, end: int, links: Links, previous: bytes) -> bool:
    """Whether data[at:end] is the entry behind the one whose hash is previous, but for its length."""
    if end - at < FRAME_EXTRA:
        return False
    mended = data[at : at + 4] + (end - at - FRAME_EXTRA).to_bytes(4, "little") + data[at + 8 : end]
    return links.link(mended, 0, end - at, previous) == data[end - FRAME_HASH : end]


class Found(msgspec.Struct, frozen=True):
    """A whole entry, what is none before it, and the number of the whole entry behind it."""

    gap: Gap | None
    place: Place
    next_seq: int | None


class Diagnosis:
    """A segment whose chain breaks behind the entry numbered seq, whose hash is hash_. All that is whole is looked at
    before anything is said: what stands further behind tells a removed entry from a moved one."""

    def __init__(self, name: str, data: bytes, links: Links, seq: int, hash_: bytes) -> None:
        self._name, self._data, self._links = name, data, links
        self._seq, self._hash, self._expected = seq, hash_, seq + 1
        self._known: dict[int, set[bytes]] = {seq: {hash_}}
        self._genuine = {seq}
        self._seen: set[int] = set()
        self._faults: list[Fault] = []

    def walk(self, at: int, *, sealed: bool) -> Walked:
        """Every fault from the offset at on, in the order of the file."""
        found, rest = self._entries(at)
        for entry in found:
            self._remember(entry)
        self._genuine |= {entry.place[1] for entry in found if self._fits(entry.place)}
        end = at
        for entry in found:
            if entry.gap is not None:
                self._damaged(*entry.gap)
            if self._accepts(entry):
                end, sealed = entry.place[3], entry.place[0] == Kind.SEAL
        if rest and (sealed or not _unfinished(self._data, rest, self._links, self._hash)):
            self._damaged(rest, len(self._data))
        tail = len(self._data) - end
        return Walked(faults=self._faults, first=0, seq=self._seq, hash=self._hash, end=end, tail=tail, sealed=sealed)

    def _entries(self, at: int) -> tuple[Sequence[Found], int]:
        """Whole entries, and the offset of what is none at the end; 0: nothing is."""
        found: list[tuple[Gap | None, Place]] = []
        start, rest = at, 0
        while start < len(self._data):
            places, end = entries(self._data, start)
            if places:
                gap = (at, start) if start > at else None
                found += [(gap if index == 0 else None, place) for index, place in enumerate(places)]
            at, start = end, search(self._data, end)
            if start < 0:
                rest = at if at < len(self._data) else 0
                break
        behind = [place[1] for _, place in found[1:]]
        return [Found(gap, place, seq) for (gap, place), seq in zip_longest(found, behind)], rest

    def _remember(self, entry: Found) -> None:
        """The hashes by which a neighbour may prove itself."""
        _, seq, start, end = entry.place
        self._known.setdefault(seq, set()).add(self._data[end - FRAME_HASH : end])
        if (
            entry.gap is not None and entry.gap[1] - entry.gap[0] >= FRAME_EXTRA
        ):  # its hash, or all the rest, may be sound
            known = self._known.setdefault(seq - 1, set())
            known.add(self._data[start - FRAME_HASH : start])
            known.add(self._links.link(self._data, *entry.gap, self._data[entry.gap[0] - FRAME_HASH : entry.gap[0]]))

    def _fits(self, place: Place) -> bool:
        _, seq, start, end = place
        own = self._data[end - FRAME_HASH : end]
        return any(self._links.link(self._data, start, end, before) == own for before in self._known.get(seq - 1, ()))

    def _accepts(self, entry: Found) -> bool:
        """Whether the entry belongs where it stands, apart from what is missing before it; faults are noted."""
        _, seq, start, end = entry.place
        if not self._fits(entry.place) and not self._plausible(entry):
            return False
        if seq < self._expected:
            if seq in self._seen:
                self._fault(seq, start, FaultKind.INSERTED, "a copy of an entry that stands before it")
            self._seen.add(seq)
            return False
        if seq > self._expected:
            self._skipped(entry)
        self._seen.add(seq)
        self._seq, self._hash, self._expected = seq, self._data[end - FRAME_HASH : end], seq + 1
        return True

    def _plausible(self, entry: Found) -> bool:
        """Of an entry that fits no neighbour: whether it is one of the chain nevertheless."""
        _, seq, start, _ = entry.place
        if seq in self._genuine or seq < self._expected:
            self._fault(seq, start, FaultKind.INSERTED, "the chain does not know this entry")
            return False
        if seq == self._expected and seq - 1 in self._genuine:
            self._fault(seq, start, FaultKind.ALTERED, "its content or its hash was changed, and its checksum mended")
            return True
        if seq == self._expected or entry.next_seq is None or entry.next_seq > seq:
            return True  # what it was chained to is missing or changed, and that is told there
        self._fault(seq, start, FaultKind.INSERTED, "the chain does not know this entry")
        return False

    def _skipped(self, entry: Found) -> None:
        _, seq, start, _ = entry.place
        missing = range(self._expected, seq)
        if len(missing) <= len(self._genuine) and all(number in self._genuine for number in missing):
            detail = f"entry {seq} stands where {self._expected} belongs"
            self._fault(self._expected, start, FaultKind.REORDERED, detail)
        elif entry.gap is None:
            detail = f"{len(missing)} entries are missing before {seq}"
            self._fault(self._expected, start, FaultKind.REMOVED, detail)

    def _damaged(self, start: int, end: int) -> None:
        self._fault(self._expected, start, FaultKind.DAMAGED, f"{end - start} bytes hold no whole entry")

    def _fault(self, entry: int, at: int, kind: FaultKind, detail: str) -> None:
        self._faults.append(Fault(segment=self._name, entry=entry, byte=at, kind=kind, detail=detail))
