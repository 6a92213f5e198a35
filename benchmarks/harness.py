"""One interleaved run: every endpoint is asked the same thing within the same few seconds, round after round."""

import datetime
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from benchmarks import bulk, fixture, machine, pgbench
from benchmarks.endpoints import ENDPOINTS, Endpoint, EndpointError
from benchmarks.programs import MissingProgramError, compiled
from proxy.embedded.postgres import EmbeddedPostgres

QUESTION = (
    "What does a hop cost: direct, PgBouncer in session pooling, and pgwarden with rules loaded and the audit on?"
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured. seconds: of each pgbench window. rows: of the bulk table; 0 leaves bulk out."""

    endpoints: tuple[str, ...]
    modes: tuple[str, ...]
    clients: tuple[int, ...]
    rounds: int
    seconds: float
    bulk_endpoints: tuple[str, ...]
    bulk_rounds: int
    rows: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to benchmarks/results. missing: endpoints that were asked for and why they did not start."""

    question: str
    name: str
    commit: str
    date: str
    machine: dict[str, object]
    versions: dict[str, str]
    settings: Settings
    unit: str
    missing: dict[str, str]
    pgbench: list[pgbench.Run]
    bulk: list[bulk.BulkRun]


Say = Callable[[str], None]


def measure(name: str, settings: Settings, say: Say) -> Result:
    """The whole run. Raises MissingProgramError, PgbenchError, BulkReadError."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgwarden-bench-")))
        folder.chmod(0o711)  # PgBouncer runs as another account where we are root
        say("starting PostgreSQL")
        server = stack.enter_context(fixture.database(max(settings.rows, 1)))
        endpoints = stack.enter_context(running(server, folder, settings.endpoints, missing))
        for absent, reason in missing.items():
            say(f"left out: {absent}: {reason}")
        runs = list(pgbench_runs(endpoints, settings, folder, say))
        reads = list(bulk_runs(endpoints, settings, folder, say))
        version = server.version
    return Result(
        question=QUESTION,
        name=name,
        commit=machine.commit(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        machine=machine.machine(),
        versions=machine.versions(version),
        settings=settings,
        unit="TPS, µs, MB/s as named; CPU µs per transaction of all of the hop's processes and threads",
        missing=missing,
        pgbench=runs,
        bulk=reads,
    )


@contextmanager
def running(
    server: EmbeddedPostgres, folder: Path, names: Sequence[str], missing: dict[str, str]
) -> Iterator[list[Endpoint]]:
    """The endpoints that start; why the others do not goes into missing."""
    with ExitStack() as stack:
        found = []
        for name in names:
            own = folder / name
            own.mkdir(mode=0o711)
            try:
                found.append(stack.enter_context(ENDPOINTS[name](server, own)))
            except (MissingProgramError, EndpointError) as reason:
                missing[name] = str(reason)
        yield found


def pgbench_runs(endpoints: Sequence[Endpoint], settings: Settings, folder: Path, say: Say) -> Iterator[pgbench.Run]:
    """Cell by cell, round by round, endpoint by endpoint; each round begins with another one."""
    cells = [pgbench.Cell(mode, clients) for mode in settings.modes for clients in settings.clients]
    for cell in cells:
        for round_ in range(settings.rounds):
            for endpoint in rotated(endpoints, round_):
                run = pgbench.run(endpoint, cell, round_=round_, seconds=settings.seconds, folder=folder)
                cost = "" if run.cpu_us is None else f", {run.cpu_us:.1f} µs CPU"
                say(f"{cell.mode} {cell.clients:2} clients, round {round_}: {endpoint.name}: {run.tps:,.0f} TPS{cost}")
                yield run


def bulk_runs(endpoints: Sequence[Endpoint], settings: Settings, folder: Path, say: Say) -> Iterator[bulk.BulkRun]:
    """The same for bulk reads; a first read of each, which is not counted, warms the server's cache and ours."""
    chosen = [endpoint for endpoint in endpoints if endpoint.name in settings.bulk_endpoints]
    if not settings.rows or not chosen:
        return
    reader, sums = compiled("reader", folder), dict[tuple[str, str], int]()
    for round_ in range(-1, settings.bulk_rounds):
        for format_ in bulk.FORMATS:
            for endpoint in rotated(chosen, max(round_, 0)):
                for masked in bulk.plan(endpoint):
                    run = bulk.read(reader, endpoint, form=format_, masked=masked, round_=round_)
                    bulk.check(run, sums)
                    if round_ >= 0:
                        say(
                            f"bulk {format_} {masked}, round {round_}: {endpoint.name}: {run.megabytes_per_s:,.0f} MB/s"
                        )
                        yield run


def rotated(endpoints: Sequence[Endpoint], by: int) -> list[Endpoint]:
    """The same endpoints, begun at another one."""
    start = by % len(endpoints) if endpoints else 0
    return [*endpoints[start:], *endpoints[:start]]
