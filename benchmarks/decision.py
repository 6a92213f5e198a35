"""What a statement that nobody has sent before costs: probe, tree, walk and policy, and what others feel of it.

    python -m benchmarks.decision --shapes 5000

Each shape has ten columns, two joins and a condition of its own; it is sent to the server and through pgwarden, as a
reader below a level, one directly behind the other. What pgwarden adds to the first time is the cold decision, with the
hop; what it adds to the second time is the hop alone. Beside it pgbench asks what is known already, with and without.
"""

import json
import random
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from benchmarks import fixture, machine
from benchmarks.endpoints import ENDPOINTS, Endpoint
from benchmarks.pgbench import Cell, idle_for, latencies_in, launch, quantile

RESULTS = Path(__file__).parent / "results" / "decision.json"
COLUMNS = ("p.id", "p.email", "p.full_name", "p.card_number", "p.city", "p.born", "p.balance", "a.aid", "a.abalance")
FUNCTIONS = ("upper(p.city)", "p.balance * 2", "coalesce(p.city, 'none')", "length(p.city)", "b.bbalance + a.abalance")
OTHERS = Cell("prepared", 2)
OTHERS_S = 6.0


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds that pgwarden adds to a statement. others_*: p99 in ms of what pgbench asks meanwhile."""

    commit: str
    machine: dict[str, object]
    shapes: int
    cold_p50_ms: float
    cold_p99_ms: float
    cold_most_ms: float
    known_p50_ms: float
    known_p99_ms: float
    others_alone_p99_ms: float
    others_beside_p99_ms: float
    others_beside_most_ms: float


@click.command(epilog="Example: python -m benchmarks.decision --shapes 1000")
@click.option("--shapes", type=click.IntRange(100), default=5000, show_default=True, help="Distinct statements.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--write/--no-write", default=False, help="Keep the result in benchmarks/results.")
def main(shapes: int, seed: int, write: bool) -> None:  # noqa: FBT001  click's way of a flag
    """The cold decision, over many shapes."""
    with tempfile.TemporaryDirectory(prefix="pgwarden-decision-") as name, fixture.database(1000) as server:
        folder = Path(name)
        own = folder / "pgwarden"
        own.mkdir()
        with ENDPOINTS["pgwarden"](server, own) as hop:
            result = measured(server.port, hop, list(statements(shapes, seed)), folder)
    click.echo(json.dumps(msgspec.to_builtins(result), indent=1))
    if write:
        RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


def measured(port: int, hop: Endpoint, texts: Sequence[bytes], folder: Path) -> Decided:
    """Others alone first, then beside the shapes."""
    alone = others(hop, folder)
    cold, known = list[float](), list[float]()
    with connected(port) as direct, connected(hop.port) as through, connected(hop.port) as beside:
        answer(through, b"select 1")
        answer(beside, b"select 1")
        pgbench = launch(hop, OTHERS, 3600, folder / "beside")
        try:
            idle_for(pgbench, 1.0)
            start = time.time()
            for text in texts:
                plain = answer(direct, text)
                cold.append(answer(through, text) - plain)
                known.append(answer(through, text) - answer(direct, text))
            end = time.time()
        finally:
            pgbench.terminate()
            pgbench.communicate()
        busy = latencies_in(folder / "beside", start, end)
    return Decided(
        commit=machine.commit(),
        machine=machine.machine(),
        shapes=len(texts),
        cold_p50_ms=statistics.median(cold) * 1e3,
        cold_p99_ms=quantile_s(cold, 0.99) * 1e3,
        cold_most_ms=max(cold) * 1e3,
        known_p50_ms=statistics.median(known) * 1e3,
        known_p99_ms=quantile_s(known, 0.99) * 1e3,
        others_alone_p99_ms=quantile(alone, 0.99) / 1e3,
        others_beside_p99_ms=quantile(busy, 0.99) / 1e3,
        others_beside_most_ms=max(busy, default=0) / 1e3,
    )


def others(hop: Endpoint, folder: Path) -> list[int]:
    """Latencies in µs of known statements with nobody else there."""
    process = launch(hop, OTHERS, int(OTHERS_S) + 2, folder / "alone")
    idle_for(process, 1.0)
    start = time.time()
    idle_for(process, OTHERS_S - 1)
    end = time.time()
    process.communicate()
    return latencies_in(folder / "alone", start, end)


def quantile_s(values: Sequence[float], share: float) -> float:
    """The value below which share of the values lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def statements(count: int, seed: int) -> Iterator[bytes]:
    """Distinct templates: other columns, aliases, joins and conditions, each returning a row or none."""
    chance = random.Random(seed)
    for number in range(count):
        columns = chance.sample(COLUMNS, 7) + chance.sample(FUNCTIONS, 3)
        shown = ", ".join(f"{column} as c{number}_{place}" for place, column in enumerate(columns))
        joins = chance.sample(("join", "left join"), 2)
        where = chance.choice(("p.id = 7", "p.id between 3 and 5", "p.city = 'City 1'", "a.aid < 9"))
        yield (
            f"select {shown} from people p {joins[0]} pgbench_accounts a on a.aid = p.id {joins[1]} pgbench_branches b"
            f" on b.bid = a.bid where {where} and p.id = {number % 900 + 1} limit 1"
        ).encode()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A session of the reader's, by the simple protocol."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        told = f"user\0{fixture.READER}\0database\0{fixture.DATABASE}\0\0".encode()
        connection.sendall((len(told) + 8).to_bytes(4) + (196608).to_bytes(4) + told)
        until_ready(connection)
        yield connection


def answer(connection: socket.socket, text: bytes) -> float:
    """Seconds until the server is ready again. Raises ValueError: it answered with an error."""
    began = time.perf_counter()
    connection.sendall(b"Q" + (len(text) + 5).to_bytes(4) + text + b"\0")
    said = until_ready(connection)
    took = time.perf_counter() - began
    if b"E" in (kind for kind, _ in frames(said)):
        raise ValueError(said.decode("utf-8", "replace"))
    return took


def until_ready(connection: socket.socket) -> bytes:
    """Everything up to ReadyForQuery, which is six bytes at the end."""
    said = b""
    while said[-6:-1] != b"Z\0\0\0\5":
        piece = connection.recv(65536)
        if not piece:
            raise ValueError(said.decode("utf-8", "replace"))
        said += piece
    return said


def frames(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The messages in it."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 5])
        yield data[at : at + 1], data[at + 5 : at + 1 + size]
        at += 1 + size


if __name__ == "__main__":
    main()
