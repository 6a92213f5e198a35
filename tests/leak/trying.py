"""How an attack is tried: its steps said in one way of the protocol, and what comes of it."""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from proxy.wire.frame import Frame
from tests.leak.canary import Hunter, values_of
from tests.leak.cases import TWO, Attack
from tests.leak.client import Client, converse
from tests.leak.conftest import Lines
from tests.leak.stage import DATABASE, TWINS, Stage

NONCE: Final = re.compile(rb"reference [0-9a-zA-Z_-]+")


IDLE: Final = b"I"


@dataclass(frozen=True, slots=True)
class Way:
    """Which door, who, how, and where to."""

    port: int
    user: str
    mode: str = "simple"
    database: str = DATABASE


def said(stage: Stage, lines: Lines, attack: Attack, way: Way, *, twin: bool = False) -> list[Frame]:
    """What is answered; a connection that ends has said all it will. twin: to the attack's second statement."""
    steps = attack.twin if twin else attack.steps
    with ExitStack() as stack:
        if attack.kept:
            client = lines.kept(way.port, way.user, way.database)
        else:
            client = stack.enter_context(Client(way.port, way.user, way.database))
        start = len(client.frames)
        try:
            if any(step.startswith(TWO) for step in steps):
                other = stack.enter_context(Client(way.port, way.user, way.database))
                return _between(client, other, way.mode, steps)
            answered = converse(client, way.mode, steps)
            if attack.kept and answered[-1].payload != IDLE:
                converse(client, "simple", ("rollback",))
            return answered
        except (ConnectionError, TimeoutError):
            lines.drop(client)
            return client.frames[start:]
        finally:
            if attack.undo:
                stage.admin(*attack.undo, database=way.database)


def _between(first: Client, second: Client, mode: str, steps: tuple[str, ...]) -> list[Frame]:
    """A conversation of two connections, step by step."""
    answered: list[Frame] = []
    for step in steps:
        client, text = (second, step.removeprefix(TWO)) if step.startswith(TWO) else (first, step)
        answered += converse(client, mode, [text])
    return answered


def caught(hunter: Hunter, frames: list[Frame], steps: tuple[str, ...]) -> set[str]:
    """The canaries in an answer that the attacker did not write itself."""
    everything = b"".join(frame.payload for frame in frames)
    return (hunter.found(everything) | hunter.found(values_of(frames))) - hunter.found(" ".join(steps).encode())


def compared(frames: list[Frame]) -> list[tuple[bytes, bytes]]:
    """An answer without what differs between any two answers: references, the database's name, OIDs of new tables."""
    return [(frame.type, nameless(frame.payload) if frame.type == b"T" else _plain(frame.payload)) for frame in frames]


def _plain(payload: bytes) -> bytes:
    return NONCE.sub(b"", payload).replace(TWINS[1].encode(), TWINS[0].encode())


def nameless(description: bytes) -> bytes:
    """A RowDescription without its tables' OIDs."""
    kept, at = [description[:2]], 2
    while at < len(description):
        end = description.index(b"\0", at) + 1
        kept += [description[at:end], description[end + 4 : end + 18]]
        at = end + 18
    return b"".join(kept)
