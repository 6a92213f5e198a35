"""Holds a scripted conversation with a server and writes down everything that came back."""

import random
import re
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.drivers.cluster import execute
from tests.drivers.conftest import Endpoint
from tests.drivers.frontend import SYNC, TERMINATE, query, startup, startup_code

PATIENCE_S = 20.0
CANCEL_CODE = 80_877_102


@dataclass(frozen=True, slots=True)
class Until:
    """Listen until count frames of that type have come."""

    type: bytes = b"Z"
    count: int = 1


@dataclass(frozen=True, slots=True)
class Read:
    """Listen until that many bytes have come, which are no frames (the answer to SSLRequest)."""

    size: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another session, which is always direct, runs SQL."""

    sql: str


class Step(str):
    """A step that has no arguments."""

    __slots__ = ()


HALF_CLOSE = Step("half close")
"""Say that nothing more will be sent."""
END = Step("end")
"""Listen until the server closes."""
CANCEL = Step("cancel")
"""Send a CancelRequest with this session's key, on a connection of its own."""

READY = Until()
Item: TypeAlias = bytes | Until | Read | Elsewhere | Step


@dataclass(frozen=True, slots=True)
class Conversation:
    """name: a sentence. items: what is sent, awaited and done. opening: replaces the usual startup, unawaited."""

    name: str
    items: tuple[Item, ...]
    opening: bytes | None = None


def conversation(name: str, *items: Item) -> Conversation:
    """A conversation; what is not awaited at its end is heard until the server closes."""
    return Conversation(name, items)


def asks(name: str, *statements: str | bytes) -> Conversation:
    """Each statement as a Query of its own, awaited."""
    return Conversation(name, tuple(item for statement in statements for item in (query(statement), READY)))


def batches(name: str, *sent: bytes) -> Conversation:
    """Each in one write with a Sync behind it, awaited."""
    return Conversation(name, tuple(item for batch in sent for item in (batch + SYNC, READY)))


def opens(name: str, opening: bytes, *items: Item) -> Conversation:
    """A session that begins unlike others."""
    return Conversation(name, items, opening)


@dataclass(slots=True)
class Recorded:
    """Frames as (type, payload), in order; bytes that are no frame have an empty type. closed: the server ended it."""

    frames: list[tuple[bytes, bytes]] = field(default_factory=list)
    closed: bool = False


Cut: TypeAlias = Callable[[bytes], Sequence[bytes]]


def in_one_piece(data: bytes) -> Sequence[bytes]:
    """As it was written."""
    return (data,)


def at_random(seed: int) -> Cut:
    """In pieces of 1 to 40 bytes; those of long messages are longer."""
    chance = random.Random(seed)

    def cut(data: bytes) -> Sequence[bytes]:
        pieces, at = [], 0
        while at < len(data):
            size = chance.randint(1, max(40, len(data) // 50))
            pieces.append(data[at : at + size])
            at += size
        return pieces

    return cut


def record(endpoint: Endpoint, script: Conversation, *, cut: Cut = in_one_piece) -> Recorded:
    """All that the server said, with what differs from session to session made equal. Raises TimeoutError."""
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=PATIENCE_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(endpoint, sock, cut)
        if script.opening is None:
            session.send(startup({"user": "app", "database": "shop", "application_name": "recorder"}))
            session.hear(READY)
        else:
            session.send(script.opening)
        for item in script.items:
            session.take(item)
        session.finish()
        return Recorded([normal(*frame) for frame in session.frames], session.closed)


class Session:
    """One connection of the recorder."""

    def __init__(self, endpoint: Endpoint, sock: socket.socket, cut: Cut) -> None:
        self._endpoint, self._sock, self._cut = endpoint, sock, cut
        self._unread = b""
        self._ended = False
        self.frames: list[tuple[bytes, bytes]] = []
        self.closed = False

    def take(self, item: Item) -> None:
        """One step of the script."""
        match item:
            case bytes():
                self.send(item)
            case Until():
                self.hear(item)
            case Read(size):
                while len(self._unread) < size and self._receive():
                    pass
                self.frames.append((b"", self._unread[:size]))
                self._unread = self._unread[size:]
            case Elsewhere(sql):
                execute(self._endpoint.server, "shop", sql)
            case _ if item is HALF_CLOSE:
                self._sock.shutdown(socket.SHUT_WR)
                self._ended = True
            case _ if item is END:
                self._hear_the_end()
            case _ if item is CANCEL:
                self._cancel()
            case _:
                raise ValueError(item)

    def send(self, data: bytes) -> None:
        """What the server no longer reads is not an error: what counts is what it says."""
        try:
            for piece in self._cut(data):
                self._sock.sendall(piece)
        except ConnectionError:
            self._ended = True

    def hear(self, wanted: Until) -> None:
        """Frames up to the last one wanted, or until the server closes."""
        left = wanted.count
        while left and (frame := self._frame()) is not None:
            self.frames.append(frame)
            left -= frame[0] == wanted.type

    def finish(self) -> None:
        """Leave politely, and hear what is still said: a proxy must not say more than the server."""
        if not (self._ended or self.closed):
            self.send(TERMINATE)
        self._hear_the_end()

    def _hear_the_end(self) -> None:
        while (frame := self._frame()) is not None:
            self.frames.append(frame)

    def _frame(self) -> tuple[bytes, bytes] | None:
        while len(self._unread) < 5 or len(self._unread) < 1 + self._length():
            if not self._receive():
                if self._unread:
                    self.frames.append((b"cut", self._unread))
                    self._unread = b""
                return None
        end = 1 + self._length()
        frame = self._unread[:1], self._unread[5:end]
        self._unread = self._unread[end:]
        return frame

    def _length(self) -> int:
        return int(struct.unpack_from("!I", self._unread, 1)[0])

    def _receive(self) -> bool:
        try:
            chunk = self._sock.recv(262_144)
        except ConnectionResetError:
            chunk = b""
        self._unread += chunk
        self.closed = self.closed or not chunk
        return bool(chunk)

    def _cancel(self) -> None:
        key = next(payload for type_, payload in self.frames if type_ == b"K")
        with socket.create_connection(("127.0.0.1", self._endpoint.port), timeout=PATIENCE_S) as sock:
            sock.sendall(startup_code(CANCEL_CODE, key))
            while sock.recv(1024):
                pass  # a cancel request has no answer, but the server closes when it has been carried out


BACKEND_KEY_DATA, NOTIFICATION = b"K", b"A"


def normal(type_: bytes, payload: bytes) -> tuple[bytes, bytes]:
    """The frame without what differs from session to session: keys, and the PID that notified."""
    if type_ == BACKEND_KEY_DATA:
        return type_, b"key of %d bytes" % len(payload)
    if type_ == NOTIFICATION:
        return type_, b"pid" + payload[4:]
    return type_, re.sub(rb"PID \d+", b"PID n", payload) if type_ in b"NE" else payload


def shown(recorded: Recorded) -> Iterator[str]:
    """One line a frame, for a failing test's eyes."""
    for type_, payload in recorded.frames:
        yield f"{type_.decode()} {payload[:300]!r}"
    yield "closed" if recorded.closed else "open"
