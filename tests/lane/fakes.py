"""A small server: the extended protocol's rules for names, errors, COPY and transactions; its rows are canaries."""

from collections.abc import Iterator
from typing import Final

from proxy.wire.frame import Frame, pack
from proxy.wire.messages.copy import CopyData, CopyDone
from proxy.wire.reader import FrameReader
from tests.lane.playbook import BOUND, CLOSED, EMPTY, NO_DATA, PARSED, SUSPENDED, complete, described, error, row

SECRET: Final = b"mia@corp.example"
PLAIN: Final = (16500, 1)
HIDDEN: Final = (16500, 2)
ROWS: Final = 2
RESULTS: Final = {
    "hidden": (described(PLAIN, HIDDEN), row(b"mia", SECRET)),
    "clean": (described(PLAIN), row(b"mia")),
}
"""Statements that return rows: their description, and one row of them."""
COPY_OUT: Final = pack(b"H", b"\0\0\2\0\0\0\0")
COPY_IN: Final = pack(b"G", b"\0\0\2\0\0\0\0")
COPIED: Final = CopyData(b"mia\t" + SECRET + b"\n").encode() * ROWS + CopyDone().encode() + complete("COPY 2")
TRANSACTION: Final = ("begin", "rollback")


class FakeServer:
    """Takes bytes, gives bytes. A COPY FROM fails at a row that says so, or at CopyFail, or at whatever else comes."""

    def __init__(self) -> None:
        self._reader = FrameReader(limit=1 << 20)
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, tuple[str, int]] = {}
        self._skipping = self._block = self._failed = False
        self._copying = b""  # Q or E, while a COPY FROM runs
        self.over = False

    def hear(self, data: bytes) -> bytes:
        """The answer to what the client says."""
        return b"".join(piece for frame in self._reader.feed(data) for piece in self._answer(frame))

    def _answer(self, frame: Frame) -> Iterator[bytes]:
        if self.over or (self._skipping and frame.type not in (b"S", b"X")):
            return
        if self._copying:
            yield from self._in_copy(frame)
            return
        try:
            yield from self._take(frame)
        except LookupError:
            yield from self._fail(simple=frame.type == b"Q")

    def _take(self, frame: Frame) -> Iterator[bytes]:
        match frame.type:
            case b"Q":
                self._portals.pop(b"", None)
                yield from self._run(frame.payload[:-1].decode("latin-1"), simple=True)
            case b"P" | b"B" | b"D" | b"E" | b"C":
                yield from self._batch(frame)
            case b"S":
                self._skipping = False
                yield self._ready()
            case b"X":
                self.over = True
            case _:
                return

    def _batch(self, frame: Frame) -> Iterator[bytes]:
        first, second, *_ = *frame.payload.split(b"\0", 2), b""
        match frame.type:
            case b"P":
                text = second.decode("latin-1")
                if text not in KNOWN or self._refuses(text) or (first and first in self._statements):
                    raise LookupError
                self._statements[first] = text
                yield PARSED
            case b"B":
                text = self._statements[second]
                if self._refuses(text) or (first and first in self._portals):
                    raise LookupError
                self._portals[first] = (text, ROWS)
                yield BOUND
            case b"D":
                text = self._portals[first[1:]][0] if first[:1] == b"P" else self._statements[first[1:]]
                parameters = b"" if first[:1] == b"P" else pack(b"t", b"\0\0")
                yield parameters + (RESULTS[text][0] if text in RESULTS else NO_DATA)
            case b"C":
                (self._portals if first[:1] == b"P" else self._statements).pop(first[1:], None)
                yield CLOSED
            case _:
                yield from self._execute(first, int.from_bytes(frame.payload[-4:], "big"))

    def _execute(self, portal: bytes, limit: int) -> Iterator[bytes]:
        text, left = self._portals[portal]
        if text not in RESULTS:
            yield from self._run(text, simple=False)
            return
        given = min(limit or left, left)
        self._portals[portal] = (text, left - given)
        yield RESULTS[text][1] * given
        yield SUSPENDED if limit and given == limit else complete(f"SELECT {given}")

    def _run(self, text: str, *, simple: bool) -> Iterator[bytes]:
        if self._refuses(text) or text not in KNOWN:
            raise LookupError
        match text:
            case "begin" | "rollback":
                self._block, self._failed = text == "begin", False
                yield complete(text.upper())
            case "copyin":
                self._copying = b"Q" if simple else b"E"
                yield COPY_IN
                return
            case "copyout":
                yield COPY_OUT + COPIED
            case "":
                yield EMPTY
            case _:
                yield RESULTS[text][0] + RESULTS[text][1] * ROWS + complete("SELECT 2")
        if simple:
            yield self._ready()

    def _in_copy(self, frame: Frame) -> Iterator[bytes]:
        """Flush and Sync are ignored inside COPY FROM; anything but its own messages fails it."""
        simple = self._copying == b"Q"
        if frame.type in (b"H", b"S"):
            return
        if frame.type == b"c":
            self._copying = b""
            yield complete("COPY 1") + (self._ready() if simple else b"")
        elif frame.type != b"d" or b"bad" in frame.payload:
            self._copying = b""
            yield from self._fail(simple=simple)

    def _refuses(self, text: str) -> bool:
        """In a failed transaction nothing runs but its end."""
        return self._failed and text != "rollback"

    def _fail(self, *, simple: bool) -> Iterator[bytes]:
        self._failed = self._block
        self._skipping = not simple
        yield error() + (self._ready() if simple else b"")

    def _ready(self) -> bytes:
        if not self._block:
            self._portals.clear()
        return pack(b"Z", b"E" if self._failed else b"T" if self._block else b"I")


KNOWN: Final = frozenset({*RESULTS, *TRANSACTION, "copyin", "copyout", ""})
