"""A journal against its key: each segment by itself, side by side, then how they follow one another."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from proxy.audit.check import Checked, check
from proxy.audit.fault import Fault, FaultKind
from proxy.audit.format import FRAME_HASH, HEAD_BYTES, segment_files
from proxy.audit.keys import ChainKeys
from proxy.audit.search import folders
from proxy.errors import ConfigError

NO_HASH: Final = bytes(FRAME_HASH)
MOST_LISTINGS: Final = 16
Progress = Callable[[int], None]


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. open: last segments without a seal: a writer is at it, or was killed. recovered: segments whose
    writer did not end cleanly, as the next start found and said."""

    faults: Sequence[Fault]
    workers: int
    segments: int
    entries: int
    bytes: int
    open: Sequence[str]
    recovered: Sequence[str]


def verify(directory: Path, keys: ChainKeys, progress: Progress = lambda steps: None) -> Verified:
    """Check a journal, or one worker's folder. progress: told how many bytes were checked. Raises JournalUnavailable:
    there is none; ConfigError: it was written with another key."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        chains = [_chain(folder, keys, pool, progress) for folder in folders(directory)]
    every = [one for chain in chains for one in chain]
    heads = [one.head for one in every if one.head is not None]
    if heads and all(head.key_check != keys.check for head in heads):
        hint = "Name the key that it was written with: audit.key, or --key"
        raise ConfigError("the journal was written with another key", place=str(directory), hint=hint)
    return Verified(
        faults=[fault for chain in chains for fault in _in_order(chain)],
        workers=len(chains),
        segments=len(every),
        entries=sum(one.entries for one in every),
        bytes=sum(one.size for one in every),
        open=[chain[-1].name for chain in chains if chain and not chain[-1].why],
        recovered=[_told(one) for one in every if one.recovery is not None],
    )


def _chain(directory: Path, keys: ChainKeys, pool: ThreadPoolExecutor, progress: Progress) -> Sequence[Checked]:
    """A worker's segments. A writer may be at it: what is new, and what was the last one, is checked again."""
    done: dict[Path, Checked] = {}
    for _ in range(MOST_LISTINGS):
        files = segment_files(directory)
        last = list(done)[-1:]
        due = [path for path in files if path not in done]
        if not due:
            break
        for one in pool.map(lambda path: check(path, keys), [*last, *due]):
            progress(one.size if one.path not in done else 0)
            done[one.path] = one
    return [done[path] for path in sorted(done)]


def _in_order(chain: Sequence[Checked]) -> Iterator[Fault]:
    """Every fault of a worker's chain: of the segments, and between them."""
    ids = Counter(one.head.chain_id for one in chain if one.head is not None)
    own = ids.most_common(1)[0][0] if ids else b""
    foreign = {one.number: list(_identity(one, own)) for one in chain}
    for before, one in pairwise([None, *chain]):
        if one is not None:
            yield from _missing(before, one)
            if before is not None and before.size < HEAD_BYTES:
                yield _fault(before, None, before.size, FaultKind.TRUNCATED, "it ends within its head")
            if before is not None and not foreign[before.number] and not foreign[one.number]:
                yield from _between(before, one)
            yield from foreign[one.number]
            yield from one.faults
    last = chain[-1] if chain else None
    if last is not None and last.why == "size":
        detail = "the next segment is missing: the seal says that there is one"
        yield _fault(last, None, last.size, FaultKind.REMOVED, detail)


def _missing(before: Checked | None, one: Checked) -> Iterator[Fault]:
    due = before.number + 1 if before is not None else 1
    if one.number > due:
        detail = (
            f"segment {due} is missing" if one.number == due + 1 else f"segments {due} to {one.number - 1} are missing"
        )
        yield _fault(one, None, 0, FaultKind.REMOVED, detail)


def _identity(one: Checked, own: bytes) -> Iterator[Fault]:
    """Whether the segment is what its name and its folder say. own: id of the folder's chain."""
    head = one.head
    if head is None:
        return
    if head.number != one.number:
        yield _fault(one, None, 32, FaultKind.REPLACED, f"it was written as segment {head.number}")
    elif head.chain_id != own:
        yield _fault(one, None, 16, FaultKind.REPLACED, "it was written for another chain")
    elif one.number == 1 and head.previous != NO_HASH:
        yield _fault(one, None, 136, FaultKind.REPLACED, "the first segment follows another one")


def _between(before: Checked, one: Checked) -> Iterator[Fault]:
    """Whether a segment ends where the next one says that it did."""
    head, walked = one.head, before.walked
    if head is None or walked is None or one.number != before.number + 1:
        return
    if any(fault.byte >= walked.end for fault in before.faults):
        return  # what is wrong with its end is told already
    if walked.seq + 1 < head.first:
        detail = f"{head.first - 1 - walked.seq} entries are missing at its end"
        yield _fault(before, walked.seq + 1, walked.end, FaultKind.TRUNCATED, detail)
    elif head.previous != walked.hash and not before.faults:
        detail = "the next segment was begun behind another end than this one has"
        yield _fault(before, walked.seq, walked.end, FaultKind.REPLACED, detail)
    elif not walked.sealed and not _explained(before, one):
        detail = "it has no seal, and the next segment does not say why"
        yield _fault(before, walked.seq + 1, walked.end, FaultKind.TRUNCATED, detail)
    elif walked.tail and not walked.sealed:
        yield _fault(before, walked.seq + 1, walked.end, FaultKind.INSERTED, "bytes stand where a start had cut it")


def _explained(before: Checked, one: Checked) -> bool:
    found = one.recovery
    return found is not None and found.segment == before.number and found.entries == before.entries


def _told(one: Checked) -> str:
    found = one.recovery
    if found is None:
        return ""
    cut = f"{found.cut_bytes} bytes cut at byte {found.cut_at}" if found.cut_bytes else "nothing cut"
    return f"{one.path.parent.name}/{found.segment:012d}.pgwj: {cut}"


def _fault(one: Checked, entry: int | None, at: int, kind: FaultKind, detail: str) -> Fault:
    return Fault(segment=one.name, entry=entry, byte=at, kind=kind, detail=detail)
