"""A client that keeps every byte: raw sockets, one conversation at a time, in every way the protocol has."""

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self

from proxy.wire.frame import Frame
from proxy.wire.reader import FrameReader
from tests.drivers import frontend as fe

PATIENCE_S: Final = 20
PORTAL_TURNS: Final = 5


class Client:
    """One connection to a server or to pgwarden. received: all that it ever sent us."""

    def __init__(self, port: int, user: str, database: str, **options: str) -> None:
        self.received = bytearray()
        self.frames: list[Frame] = []
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._reader = FrameReader(limit=1 << 28)
        self.send(fe.startup({"user": user, "database": database, **options}))
        self.ready()

    def send(self, data: bytes) -> None:
        """To the other end."""
        self._socket.sendall(data)

    def ready(self, times: int = 1) -> list[Frame]:
        """Reads until ReadyForQuery has come so often; answers COPY from us with nothing. The frames until then."""
        start = len(self.frames)
        while times > 0:
            chunk = self._socket.recv(65_536)
            if not chunk:
                raise ConnectionError("the connection was closed")
            self.received += chunk
            for frame in self._reader.feed(chunk):
                self.frames.append(frame)
                times -= frame.type == b"Z"
                if frame.type == b"G":
                    self.send(fe.COPY_DONE)
        return self.frames[start:]

    def close(self) -> None:
        """Says goodbye."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def simple(steps: Sequence[str]) -> list[bytes]:
    """One Query each."""
    return [fe.query(step) for step in steps]


def extended(steps: Sequence[str]) -> list[bytes]:
    """Parse, Bind, Describe, Execute, Sync each, in text."""
    return [fe.whole(step) + fe.SYNC for step in steps]


def binary(steps: Sequence[str]) -> list[bytes]:
    """The same in binary."""
    return [fe.whole(step, results=(1,)) + fe.SYNC for step in steps]


def blind(steps: Sequence[str]) -> list[bytes]:
    """All in one batch, with one Sync, and nothing described."""
    return [b"".join(fe.parse(step) + fe.bind() + fe.execute() for step in steps) + fe.SYNC]


def portal(steps: Sequence[str]) -> list[bytes]:
    """Named statements and portals, row by row."""
    parts = [
        fe.parse(step, f"s{at}") + fe.bind(portal=f"p{at}", statement=f"s{at}") + fe.execute(f"p{at}", 1) * PORTAL_TURNS
        for at, step in enumerate(steps)
    ]
    closing = b"".join(fe.close_statement(f"s{at}") for at in range(len(steps)))
    return [b"".join(parts) + fe.SYNC, closing + fe.SYNC]


def ahead(steps: Sequence[str]) -> list[bytes]:
    """All is parsed, then all is bound, then all is run."""
    parsed = b"".join(fe.parse(step, f"a{at}") for at, step in enumerate(steps))
    bound = b"".join(fe.bind(portal=f"b{at}", statement=f"a{at}") for at in range(len(steps)))
    run = b"".join(fe.execute(f"b{at}") for at in range(len(steps)))
    closing = b"".join(fe.close_statement(f"a{at}") for at in range(len(steps)))
    return [parsed + fe.SYNC, bound + run + fe.SYNC, closing + fe.SYNC]


def piped(steps: Sequence[str]) -> list[bytes]:
    """One Query each, and none waits for the answer to the one before."""
    return [b"".join(map(fe.query, steps))]


MODES: Final[Mapping[str, Callable[[Sequence[str]], list[bytes]]]] = {
    one.__name__: one for one in (simple, extended, binary, blind, portal, ahead, piped)
}


def converse(client: Client, mode: str, steps: Sequence[str]) -> list[Frame]:
    """Says it all, and gives what was answered."""
    answered: list[Frame] = []
    for message in MODES[mode](steps):
        client.send(message)
        answered += client.ready(len(steps) if mode == "piped" else 1)
    return answered
