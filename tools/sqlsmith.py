"""Debian's sqlsmith as a restricted reader: random queries over the leak tests' schema, each byte back searched.

python -m tools.sqlsmith [QUERIES] [SEED] [READER]. Between sqlsmith and pgwarden stands a tap that keeps what pgwarden
says until a query is answered, and looks for canaries in it. Exits with 1 where it found one, and prints the query.
"""

import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from proxy.wire.frame import Frame
from proxy.wire.reader import FrameReader
from tests.generated.stage import running_theatre
from tests.leak.canary import Hunter, values_of
from tests.leak.stage import DATABASE
from tests.servers import KNOWN

QUERIES = 2_000
READER = "lenient"
CONTROL = 200
"""Queries that are also sent to the server itself, to see that there is something to find."""
LABEL = "system15"
"""Its queries over the catalog know no newer version than Debian's."""
TABLES = "--exclude-catalog"
"""Half of the queries are over the schema alone, half over the catalog too."""
LONGEST = 1 << 28
STARTUP_CODES = frozenset({80_877_103, 80_877_104})
"""SSLRequest and GSSENCRequest, which one byte answers."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many queries, which, as whom, and what is looked for."""

    queries: int
    seed: str
    reader: str
    hunter: Hunter


class Tap:
    """One connection, carried both ways. found: queries and the canaries that came back for them."""

    def __init__(self, client: socket.socket, server: socket.socket, hunter: Hunter) -> None:
        self._client, self._server, self._hunter = client, server, hunter
        self._asked, self._said = FrameReader(limit=LONGEST), FrameReader(limit=LONGEST)
        self._query, self._frames = b"", list[Frame]()
        self._started = False
        self.counts: Counter[str] = Counter()
        self.found: list[tuple[str, set[str]]] = []

    def carry(self) -> None:
        """Until both have nothing more to say."""
        back = threading.Thread(target=self._carry_back)
        back.start()
        with contextlib.suppress(OSError):
            while chunk := self._client.recv(65_536):
                self._note_asked(chunk)
                self._server.sendall(chunk)
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_WR)
        back.join()

    def _carry_back(self) -> None:
        with contextlib.suppress(OSError):
            while chunk := self._server.recv(65_536):
                self._note_said(chunk)
                self._client.sendall(chunk)
            self._client.shutdown(socket.SHUT_WR)

    def _note_asked(self, chunk: bytes) -> None:
        if not self._started:
            self._started = int.from_bytes(chunk[4:8], "big") not in STARTUP_CODES
            return
        for frame in self._asked.feed(chunk):
            self._query = frame.payload if frame.type in (b"Q", b"P") else self._query

    def _note_said(self, chunk: bytes) -> None:
        if not self._started:
            return
        for frame in self._said.feed(chunk):
            self._frames.append(frame)
            self.counts[frame.type.decode()] += 1
            self.counts["refused"] += frame.type == b"E" and b"pgwarden" in frame.payload
            if frame.type == b"Z":
                self._search()

    def _search(self) -> None:
        everything = b"".join(frame.payload for frame in self._frames)
        found = self._hunter.found(everything) | self._hunter.found(values_of(self._frames))
        if seen := found - self._hunter.found(self._query):
            self.found.append((self._query.strip(b"\0").decode(errors="replace"), seen))
        self._frames.clear()


def main(queries: str = str(QUERIES), seed: str = "", reader: str = READER) -> None:
    """Runs it, says what came of it."""
    if not shutil.which("sqlsmith"):
        sys.exit("sqlsmith is missing: it makes the queries. Install it, for example as Debian's package sqlsmith.")
    if LABEL not in KNOWN:
        sys.exit("There is no server that sqlsmith knows: install Debian's package postgresql-15.")
    chosen = seed or str(secrets.randbelow(1_000_000))
    with tempfile.TemporaryDirectory(prefix="pgw-sqlsmith-") as made, running_theatre(Path(made), LABEL) as theatre:
        wanted = Wanted(int(queries) // 2, chosen, reader, theatre.hunter)
        control = tapped_run(theatre.direct, replace(wanted, queries=CONTROL), TABLES)
        taps = tapped_run(theatre.through, wanted, TABLES) + tapped_run(theatre.through, wanted)
    print(f"directly {sum(len(tap.found) for tap in control)} of the first answers show a canary")
    counts = sum((tap.counts for tap in taps), Counter[str]())
    print(
        f"seed {chosen}, as {reader}: {counts['Z']} answers, {counts['D']} rows, "
        f"{counts['refused']} refused, {counts['E'] - counts['refused']} other errors"
    )
    found = [each for tap in taps for each in tap.found]
    for query, canaries in found:
        print(f"{sorted(canaries)} came back for\n{query}\n")
    if not counts["Z"]:
        sys.exit("sqlsmith sent nothing.")
    sys.exit(bool(found))


def tapped_run(port: int, wanted: Wanted, *options: str) -> list[Tap]:
    """sqlsmith with a tap on each of its connections."""
    taps: list[Tap] = []
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        target = (
            f"host=127.0.0.1 port={listener.getsockname()[1]} user={wanted.reader} dbname={DATABASE} sslmode=disable"
        )
        command = [
            "sqlsmith",
            f"--target={target}",
            f"--max-queries={wanted.queries}",
            f"--seed={wanted.seed}",
            *options,
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=_accept, args=(listener, port, wanted.hunter, taps), daemon=True).start()
        said = process.communicate()[0].decode(errors="replace")
        if process.returncode not in (0, None):
            print(said.strip()[-2_000:])
    return taps


def _accept(listener: socket.socket, port: int, hunter: Hunter, taps: list[Tap]) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            tap = Tap(client, socket.create_connection(("127.0.0.1", port)), hunter)
            taps.append(tap)
            threading.Thread(target=tap.carry, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
