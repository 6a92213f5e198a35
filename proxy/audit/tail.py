"""The end of a worker's chain, and what is added to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from proxy.audit.format import FRAME_HASH, HEAD_BYTES, segment_files
from proxy.audit.joiner import Events, Joiner
from proxy.audit.reader import Piece, read_segment
from proxy.audit.record import Record
from proxy.audit.scan import entries, search, torn
from proxy.audit.selection import Selection
from proxy.errors import JournalUnavailable

OVERLAP: Final = FRAME_HASH
"""An entry is read with what stands in front of it: the hash of the one before, which its record shows."""


class Follower:
    """Reads one worker's folder from its end on."""

    def __init__(self, directory: Path, selection: Selection, events: Events = Events.LEFT_OUT) -> None:
        self._directory, self._selection, self._events = directory, selection, events
        self._joiner = Joiner(selection, events)
        self._path: Path | None = None
        self._at = HEAD_BYTES

    def last(self, count: int) -> Sequence[Record]:
        """The last records, at most count. Reads twice as many segments each time that there were not enough."""
        files = segment_files(self._directory)
        read = 1
        while (found := self._read(files[-read:])) is not None:
            if len(found) >= count or read >= len(files):
                break
            read *= 2
        return found[-count:] if count else []

    def more(self) -> Sequence[Record]:
        """What was added since the last call of last or more."""
        found: list[Record] = []
        while True:
            files = segment_files(self._directory)  # listed first: a segment is complete when the next one is there
            if self._path is not None:
                found += self._rest(self._path)
            behind = [path for path in files if self._path is None or int(path.stem) > int(self._path.stem)]
            if not behind:
                return found
            self._path, self._at = behind[0], HEAD_BYTES

    def _read(self, files: Sequence[Path]) -> list[Record]:
        self._joiner = Joiner(self._selection, self._events)
        found: list[Record] = []
        for path in files:
            self._path, self._at = path, HEAD_BYTES
            for piece in read_segment(path):
                self._at = piece.places[-1][3] if piece.places else self._at
                found += self._fed(piece)
        return found

    def _rest(self, path: Path) -> list[Record]:
        base, found = self._at - OVERLAP, list[Record]()
        try:
            with path.open("rb") as file:
                file.seek(base)
                data = file.read()
        except OSError as error:
            raise JournalUnavailable(f"{path} cannot be read: {error.strerror}") from None
        start = OVERLAP
        while 0 <= start < len(data):
            places, end = entries(data, start)
            if places:
                found += self._fed(Piece(path, data, places, 0, base + start == HEAD_BYTES))
                self._at = base + end
            start = search(data, end)
            if start >= 0 and torn(data, end, start):
                break  # what is behind a hole is being written
        return found

    def _fed(self, piece: Piece) -> list[Record]:
        self._joiner.learn(piece)
        return list(self._joiner.feed(piece))
