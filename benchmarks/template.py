"""What does the template of a statement cost, and its reading?  python -m benchmarks.template"""

import datetime
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks import machine
from proxy.reading.read import read
from proxy.template.lexer import Lexer

RESULT = Path(__file__).parent / "results" / "template.json"
COPIES, ROUNDS = 200, 400
READ_ROUNDS = 200
STATEMENTS = {
    "pgbench select": "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;",
    "pgbench update": "UPDATE pgbench_accounts SET abalance = abalance + -1234 WHERE aid = 12345;",
    "pgbench insert": (
        "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (10, 1, 12345, -4712, CURRENT_TIMESTAMP);"
    ),
    "prepared select": "SELECT abalance FROM pgbench_accounts WHERE aid = $1;",
    "report": (
        "SELECT c.id, c.name, c.email, o.total FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id "
        "WHERE o.created_at > now() - interval '1 day' AND c.country = 'DE' ORDER BY o.total DESC LIMIT 10;"
    ),
    "set": "SET search_path TO shop, public;",
}


class Cost(msgspec.Struct, frozen=True):
    """Of one statement: median and p99 of the samples, and the least, which a busy machine disturbs least."""

    statement: str
    size_bytes: int
    lex_ns: dict[str, float]
    read_us: dict[str, float]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to benchmarks/results/template.json."""

    question: str
    commit: str
    date: str
    machine: dict[str, object]
    versions: dict[str, str]
    unit: str
    samples: int
    costs: list[Cost]


def spread(times: list[float]) -> dict[str, float]:
    """Median, p99 and least of some times."""
    return {
        "median": round(statistics.median(times), 1),
        "p99": round(statistics.quantiles(times, n=100)[98], 1),
        "min": round(min(times), 1),
    }


def timed(call: Callable[[], object], rounds: int, scale: float) -> list[float]:
    """Times of single calls, in seconds times scale."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * scale)
    return times


def cost(name: str, sql: str) -> Cost:
    """Many copies in one call, so that what is timed is C; without room for spans, so that no objects are made."""
    lexer = Lexer(0)
    copies = sql.encode() * COPIES
    return Cost(
        statement=name,
        size_bytes=len(sql),
        lex_ns=spread(timed(lambda: lexer.lex(copies), ROUNDS, 1e9 / COPIES)),
        read_us=spread(timed(lambda: read(sql), READ_ROUNDS, 1e6)),
    )


def main() -> None:
    """Measure, print, and write the result."""
    costs = [cost(name, sql) for name, sql in STATEMENTS.items()]
    result = Result(
        question="What does the template of a statement cost, and its reading?",
        commit=machine.commit(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        machine=machine.machine(),
        versions={name: version(name) for name in ("Cython", "sqlglot")},
        unit="ns to lex, us to read, per statement",
        samples=ROUNDS,
        costs=costs,
    )
    for each in costs:
        print(f"{each.statement:16} {each.size_bytes:4} bytes  lex {each.lex_ns} ns  read {each.read_us} us")
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")


if __name__ == "__main__":
    main()
