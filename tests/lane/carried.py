"""Sessions on real sockets: a lane, and for each session the far ends of a client and a server."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from proxy.audit.spool import Spool
from proxy.lane.lane import Lane
from proxy.lane.verdict import Verdict
from tests.audit.journals import WAIT_S
from tests.lane.playbook import Play

Pair = Callable[[], tuple[socket.socket, socket.socket]]
ROUNDS: Final = 100_000


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        return near, listener.accept()[0]


class Carried:
    """One session that a lane carries. client and server: the far ends, non-blocking."""

    def __init__(self, lane: Lane, play: Play, pair: Pair = socket.socketpair) -> None:
        self.lane, self.play, self.session = lane, play, play.session
        self.client, near_client = pair()
        self.server, near_server = pair()
        for each in (self.client, near_client, self.server, near_server):
            each.setblocking(False)
        lane.adopt(self.session, near_client.detach(), near_server.detach())

    def asks(self, data: bytes) -> None:
        """The client says data, and the lane takes it."""
        self.client.sendall(data)
        serve(self.lane)

    def answers(self, data: bytes) -> None:
        """The server says data, and the lane takes it."""
        self.server.sendall(data)
        serve(self.lane)

    def close(self) -> None:
        """Closes the far ends."""
        self.client.close()
        self.server.close()


@contextmanager
def carrying(
    known: dict[str, Verdict], *, pair: Pair = socket.socketpair, spool: Spool | None = None, identity: int = 1
) -> Iterator[Carried]:
    """One session on a lane of its own."""
    play = Play(known, spool=spool, identity=identity)
    lane = Lane(play.shared, wake_fd=spool.wake_fd if spool else -1)
    carried = Carried(lane, play, pair)
    try:
        yield carried
    finally:
        lane.close()
        carried.close()


def ready(lane: Lane, timeout_s: float = 0) -> bool:
    """Whether the lane has something to do."""
    return bool(select.select([lane], [], [], timeout_s)[0])


def serve(lane: Lane) -> None:
    """Runs the lane until nothing is ready. It must come to rest."""
    for _ in range(ROUNDS):
        if not ready(lane):
            return
        lane.run()
    raise AssertionError("the lane spins")


def heard(end: socket.socket) -> bytes:
    """What a far end can read now; what a closed connection has left."""
    got = bytearray()
    while True:
        try:
            piece = end.recv(1 << 20)
        except (BlockingIOError, ConnectionResetError):
            return bytes(got)
        if not piece:
            return bytes(got)
        got += piece


def soon(end: socket.socket) -> bytes:
    """The same, when there is something."""
    if not select.select([end], [], [], WAIT_S)[0]:
        raise AssertionError("nothing comes")
    return heard(end)


def rest(end: socket.socket) -> bytes:
    """Everything up to the connection's end."""
    end.settimeout(WAIT_S)
    got = bytearray()
    while piece := end.recv(1 << 20):
        got += piece
    return bytes(got)


def over(end: socket.socket) -> bool:
    """Whether the connection is closed behind what was read."""
    try:
        return end.recv(1) == b""
    except ConnectionResetError:
        return True
    except BlockingIOError:
        return False


def pour(end: socket.socket, data: bytes, lane: Lane) -> int:
    """Says as much of data as the lane takes; how much."""
    at = 0
    while at < len(data):
        try:
            at += end.send(data[at : at + 65_536])
        except BlockingIOError:
            if not ready(lane):
                return at
        serve(lane)
    return at
