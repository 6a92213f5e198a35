"""Runs generated statements: who sends them, what is compared, and what is counted."""

import re
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
import yaml

from proxy.embedded.postgres import EmbeddedPostgres
from proxy.wire.frame import Frame
from tests.drivers.warden import running_warden
from tests.generated.statements import Trial
from tests.generated.words import Words, read_words
from tests.leak.canary import Hunter, values_of
from tests.leak.client import Client, converse
from tests.leak.rules import rules
from tests.leak.stage import DATABASE, HBA, SCHEMA, TWINS, build, features, major_of
from tests.servers import DEFAULT, KNOWN, TEST_SETTINGS

SETTINGS: Final = TEST_SETTINGS | {"autovacuum": "off", "synchronize_seqscans": "off", "jit": "off"}
"""Two runs of a statement give their rows in one order."""
CLEARED: Final = "app"
RESTRICTED: Final = ("lenient", "strict", "wary", "sparer")
BLIND: Final = "shaper"
"""Who may infer nothing, and is refused little: to it two databases that differ in protected values are alike."""
ADMITTED: Final = re.compile(r"\b(blanks|nulls_alike)\b")
"""Where the two differ in what is NULL, which a plain column's mask shows."""
REFERENCE: Final = re.compile(rb"reference [0-9a-zA-Z_-]+")
REFUSED: Final = b"C42501\0"
STATEMENT_S: Final = 10

Said = list[tuple[bytes, bytes]]


class Found(AssertionError):
    """What a statement must not do."""


@dataclass(slots=True)
class Theatre:
    """A server with the canaries, pgwarden in front of it, and connections that all statements share. constant: the
    port of a pgwarden whose masks are constants."""

    direct: int
    through: int
    constant: int
    words: Words
    hunter: Hunter
    counts: Counter[str] = field(default_factory=Counter)
    _clients: dict[tuple[int, str, str], Client] = field(default_factory=dict)

    def check(self, trial: Trial, reader: str) -> None:
        """Sends a statement by every way. Raises Found."""
        self.counts["statements"] += 1
        try:
            self._alike_and_no_canary(trial, reader)
            self._alike_in_both_worlds(trial)
        except Found as found:
            raise Found(f"{trial}\n{found}") from found

    def _alike_and_no_canary(self, trial: Trial, reader: str) -> None:
        direct = self.answer(self.direct, CLEARED, trial)
        self._count_direct(direct, trial)
        through = self.answer(self.through, CLEARED, trial)
        one, other = (comparable(frames, self.words.newest) for frames in (direct, through))
        if one != other:
            raise Found(f"a cleared reader is answered otherwise than by the server\n{difference(one, other)}")
        restricted = self.answer(self.through, reader, trial)
        if leaked := self.caught(restricted, trial):
            raise Found(f"{reader} gets {sorted(leaked)}\n{shown(comparable(restricted, self.words.newest))}")
        self._count_restricted(direct, restricted)

    def _alike_in_both_worlds(self, trial: Trial) -> None:
        if ADMITTED.search(str(trial)):
            return
        one, other = (self._without_references(self.answer(self.constant, BLIND, trial, twin)) for twin in TWINS)
        if one != other:
            raise Found(
                f"{BLIND} is told of what is not shown\n{difference(one, other, ('in one world', 'in the other'))}"
            )
        self.counts["twins answered"] += all(type_ != b"E" for type_, _ in one)

    def answer(self, port: int, user: str, trial: Trial, database: str = DATABASE) -> list[Frame]:
        """What one role gets over one port. Raises Found where the connection ends."""
        client = self._client(port, user, database)
        start = len(client.frames)
        try:
            if not trial.writes:
                return converse(client, trial.protocol, trial.steps)
            converse(client, "simple", ("begin",))
            frames = converse(client, trial.protocol, trial.steps)
            converse(client, "simple", ("rollback",))
            return frames
        except OSError as error:
            said = client.frames[start:]
            self._clients.pop((port, user, database)).close()
            raise Found(
                f"the connection of {user} ends: {error}\n{shown(comparable(said, self.words.newest))}"
            ) from error
        finally:
            del client.frames[:]
            client.received.clear()

    def caught(self, frames: list[Frame], trial: Trial) -> set[str]:
        """The canaries in an answer."""
        everything = b"".join(frame.payload for frame in frames)
        found = self.hunter.found(everything) | self.hunter.found(values_of(frames))
        return found - self.hunter.found(" ".join(trial.steps).encode())

    def close(self) -> None:
        """All connections."""
        for client in self._clients.values():
            client.close()

    def _client(self, port: int, user: str, database: str) -> Client:
        key = (port, user, database)
        if key not in self._clients:
            self._clients[key] = Client(port, user, database, options=f"-c statement_timeout={STATEMENT_S}s")
        return self._clients[key]

    def _without_references(self, frames: list[Frame]) -> Said:
        said = comparable(frames, self.words.newest)
        return [(type_, REFERENCE.sub(b"", payload)) for type_, payload in said]

    def _count_direct(self, frames: list[Frame], trial: Trial) -> None:
        self.counts["valid"] += not failed(frames)
        self.counts["would leak"] += bool(self.caught(frames, trial))

    def _count_restricted(self, direct: list[Frame], restricted: list[Frame]) -> None:
        if failed(direct):
            return
        self.counts["refused"] += any(frame.type == b"E" and REFUSED in frame.payload for frame in restricted)
        if not failed(restricted):
            self.counts["answered"] += 1
            self.counts["masked"] += rows(direct) != rows(restricted)


def comparable(frames: list[Frame], newest: int) -> Said:
    """What must be the same, byte for byte. ParameterStatus tells of the session, not of the statement; the OID of a
    table that the statement itself has made is another each time."""
    return [(frame.type, _without_new_oids(frame, newest)) for frame in frames if frame.type != b"S"]


def _without_new_oids(frame: Frame, newest: int) -> bytes:
    if frame.type != b"T":
        return frame.payload
    parts, at = [frame.payload[:2]], 2
    for _ in range(struct.unpack_from("!h", frame.payload)[0]):
        end = frame.payload.index(b"\0", at) + 1
        (table,) = struct.unpack_from("!I", frame.payload, end)
        parts += [frame.payload[at:end], b"new" if table > newest else frame.payload[end : end + 4]]
        parts.append(frame.payload[end + 4 : end + 18])
        at = end + 18
    return b"".join(parts)


def failed(frames: list[Frame]) -> bool:
    """The server, or pgwarden, has refused something."""
    return any(frame.type == b"E" for frame in frames)


def rows(frames: list[Frame]) -> list[bytes]:
    """All rows."""
    return [frame.payload for frame in frames if frame.type in (b"D", b"d")]


def constant(written: str) -> str:
    """The rules with masks that tell nothing of a value, not even whether two are equal."""
    document = yaml.safe_load(written)
    document["masks"] = {label: {"method": "redact"} for label in document["masks"]}
    return yaml.safe_dump(document)


def shown(said: Said, most: int = 20) -> str:
    """An answer for people."""
    return "\n".join(f"  {type_.decode()} {payload[:300]!r}" for type_, payload in said[:most])


def difference(one: Said, other: Said, names: tuple[str, str] = ("directly", "through pgwarden")) -> str:
    """From the first message on that is not alike."""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{names[0]}\n{shown(one[at:], 3)}\n{names[1]}\n{shown(other[at:], 3)}"


@contextmanager
def running_theatre(folder: Path, label: str = DEFAULT[0]) -> Iterator[Theatre]:
    """A server of its own: what its statements leave behind in tables must not reach other tests."""
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedPostgres(KNOWN[label](), settings=SETTINGS, hba=HBA))
        has = features(server, major_of(label))
        build(server, has)
        with psycopg.connect(server.dsn(DATABASE), autocommit=True) as connection:
            words = read_words(connection)
        written = rules(has, unclassified="public")
        ports: list[int] = []
        for name, text in (("open", written), ("constant", constant(written))):
            (home := folder / name).mkdir()
            ports.append(stack.enter_context(running_warden(home, server, text)).port)
        theatre = Theatre(server.port, ports[0], ports[1], words, Hunter(SCHEMA))
        stack.callback(theatre.close)
        yield theatre
