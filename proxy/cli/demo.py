"""`pgwarden demo`: a shop of its own, the proxy in front of it, and the same query as two people."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager

import click
import msgspec
import uvloop
from rich.console import Console

from proxy.audit.keys import read_key_file
from proxy.audit.record import Record
from proxy.cli import demo_acts as acts
from proxy.cli.demo_show import Show
from proxy.cli.demo_stage import ANALYST, APPLICATION, Stage, staged
from proxy.cli.report import Report, pass_report
from proxy.embedded.postgres import EmbeddedPostgres

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Facts(msgspec.Struct, frozen=True):
    """All that the demo showed."""

    postgres: str
    application: acts.Answer
    analyst: acts.Answer
    joined: acts.Joined
    attempts: Sequence[acts.Attempt]
    afterwards: acts.Answer
    records: Sequence[Record]
    journal: acts.Checked
    seconds: float


@click.command("demo", epilog="Example: pgwarden demo --keep --port 6432")
@click.option("--keep", "then", flag_value="keep", default="end", help="Leave it running until Ctrl-C, print the DSNs.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Where pgwarden listens; 0: a free port.")
@pass_report
def demo(report: Report, then: str, port: int) -> None:
    """Show the same query as two people, on a database of its own.

    Starts a private PostgreSQL with a shop of 10,000 generated people and pgwarden in front of it. Then it shows one
    query as the application and as an analyst, ways round the mask and where they lead, the audit records, and the
    verification of their chain. Nothing is left behind.
    """
    report.exit(failed=show_demo(report, then=then, port=port))


def show_demo(report: Report, *, then: str = "end", port: int = 0) -> bool:
    """Runs it all; whether something was not as it must be. then: keep, or end. Raises Abort where it is interrupted,
    WardenError where it cannot begin."""
    began = time.monotonic()
    with _interruptible(), ExitStack() as waiting:
        waiting.enter_context(report.progress("a private PostgreSQL, a shop, and pgwarden in front"))
        with EmbeddedPostgres(port=None) as server:
            return uvloop.run(_run(report, staged(server, port), then, began, waiting.close))


async def _run(
    report: Report,
    stages: AbstractAsyncContextManager[Stage],
    then: str,
    began: float,
    ready: Callable[[], None],
) -> bool:
    """Everything between the server's start and its end; whether something was not as it must be."""
    _interrupt_with(asyncio.current_task())
    show = Show(Console(quiet=True) if report.for_programs else report.console)
    async with stages as stage:
        ready()
        show.opening(stage, time.monotonic() - began)
        facts = await _perform(stage, show, began)
        failures = list(_failures(facts))
        show.failures(failures)
        report.put(**msgspec.structs.asdict(facts), failures=failures)
        if then == "keep":
            await _keep(report, show, stage)
        else:
            show.next_steps(facts.seconds)
    return bool(failures)


async def _perform(stage: Stage, show: Show, began: float) -> Facts:
    application, analyst = await stage.connect(APPLICATION), await stage.connect(ANALYST)
    real = await acts.ask(application, APPLICATION, acts.QUERY)
    seen = await acts.ask(analyst, ANALYST, acts.QUERY)
    show.same_query(real, seen)
    show.pseudonyms(joined := await acts.join_pseudonyms(application, analyst))
    attempts = [acts.Attempt(way, await acts.ask(analyst, ANALYST, sql)) for way, sql in acts.ATTEMPTS.items()]
    afterwards = await acts.ask(analyst, ANALYST, acts.AFTERWARDS)
    show.attempts(attempts, afterwards)
    await application.close()
    await analyst.close()
    records, keys = acts.all_records(stage.journal), read_key_file(stage.worker.config.audit.key_path)
    show.records(records)
    journal = acts.check_journal(stage.journal, keys, stage.folder / "copy")
    show.checked(journal)
    return Facts(
        postgres=stage.server.version,
        application=real,
        analyst=seen,
        joined=joined,
        attempts=attempts,
        afterwards=afterwards,
        records=records,
        journal=journal,
        seconds=round(time.monotonic() - began, 3),
    )


def _failures(facts: Facts) -> Iterator[str]:
    """What a demo of a pgwarden that works cannot show. The demo is a test, too."""
    for column in range(len(facts.application.columns)):
        pairs = zip(facts.application.rows, facts.analyst.rows, strict=True)
        same = {real[column] == seen[column] for real, seen in pairs}
        if same != {facts.application.columns[column] in acts.OPEN_COLUMNS}:
            yield f"{facts.application.columns[column]} is not masked as the rules say"
    if facts.joined.by_pseudonym != facts.joined.by_address:
        yield "pseudonyms do not join as the values do"
    if wrong := [one.way for one in facts.attempts if (one.answer.refused is None) is not (one.way in acts.ANSWERED)]:
        yield f"a way round led elsewhere: {', '.join(wrong)}"
    if facts.afterwards.refused is not None:
        yield "the session did not live on"
    if len(facts.records) != acts.STATEMENTS:
        yield f"{acts.STATEMENTS} statements have {len(facts.records)} records"
    if facts.journal.verified.faults or not facts.journal.faults:
        yield "the journal was not verified as it should be"


async def _keep(report: Report, show: Show, stage: Stage) -> None:
    """Until one of the signals that end a program, but for SIGHUP, which reads the rules again."""
    listen = {"host": stage.host, "port": stage.port}
    report.put(listen=listen, config=str(stage.worker.path), dsns=stage.dsns, metrics=stage.metrics)
    report.flush()
    show.kept(stage)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    loop.add_signal_handler(signal.SIGHUP, stage.worker.reload)
    await over.wait()


@contextmanager
def _interruptible() -> Iterator[None]:
    """What ends a program ends this one as Ctrl-C does: whatever was begun is put away."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in ENDS}
    try:
        yield
    except asyncio.CancelledError:
        raise click.Abort from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt_with(task: "asyncio.Task[bool] | None") -> None:
    """Inside the loop the same signals end its task."""
    if task is not None:
        for number in ENDS:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
