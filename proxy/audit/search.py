"""Records of a journal, all workers together, in the order of time as far as streaming allows."""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Final

from proxy.audit.format import worker_directories
from proxy.audit.joiner import Events, Joiner
from proxy.audit.reader import read_segment, segments_since
from proxy.audit.record import Record
from proxy.audit.selection import Selection
from proxy.errors import JournalUnavailable

EVERYTHING: Final = Selection()


def records(
    directory: Path,
    selection: Selection = EVERYTHING,
    events: Events = Events.LEFT_OUT,
    progress: Callable[[int], None] = lambda steps: None,
) -> Iterator[Record]:
    """The records that are wanted. progress: told how many bytes were read. Raises JournalUnavailable: there is no
    journal; JournalDamaged: an entry is whole and yet cannot be understood."""
    found = [_of_worker(folder, selection, events, progress) for folder in folders(directory)]
    return heapq.merge(*found, key=attrgetter("time"))


def newest(found: Iterator[Record], limit: int) -> Sequence[Record]:
    """The last ones, at most limit."""
    return deque(found, maxlen=limit)


def folders(directory: Path) -> Sequence[Path]:
    """The workers' folders. Raises JournalUnavailable: there is no journal."""
    try:
        found = worker_directories(directory)
    except OSError as error:
        raise JournalUnavailable(f"the audit journal {directory} cannot be read: {error.strerror}") from None
    if not found:
        raise JournalUnavailable(f"{directory} holds no audit journal", hint="Name the folder, or --config")
    return found


def _of_worker(
    directory: Path, selection: Selection, events: Events, progress: Callable[[int], None]
) -> Iterator[Record]:
    """A note may stand one segment behind its execution, so the next piece is learnt before one is fed."""
    joiner, waiting = Joiner(selection, events), None
    for path in segments_since(directory, selection.since_us):
        for piece in read_segment(path):
            joiner.learn(piece)
            if waiting is not None:
                yield from joiner.feed(waiting)
            waiting = piece
            progress(len(piece.data) if piece.first else 0)
    if waiting is not None:
        yield from joiner.feed(waiting)
    yield from joiner.finish()
