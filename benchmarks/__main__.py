"""`make bench`: compare a direct connection, PgBouncer and pgwarden in one interleaved run."""

from pathlib import Path

import click
import msgspec

from benchmarks import history, report
from benchmarks.bulk import BulkReadError
from benchmarks.endpoints import ENDPOINTS
from benchmarks.harness import Result, Settings, measure
from benchmarks.pgbench import PgbenchError
from benchmarks.programs import MissingProgramError

RESULTS = Path(__file__).parent / "results"
FULL = Settings(
    endpoints=("direct", "pgbouncer", "pgwarden", "pgwarden-durable", "pgwarden-socket"),
    modes=("simple", "extended", "prepared"),
    clients=(1, 8, 32),
    rounds=5,
    seconds=2.0,
    bulk_endpoints=("direct", "pgbouncer", "pgwarden"),
    bulk_rounds=5,
    rows=1_000_000,
)
QUICK = msgspec.structs.replace(
    FULL,
    endpoints=("direct", "pgbouncer", "pgwarden"),
    clients=(8,),
    rounds=2,
    seconds=2.0,
    bulk_rounds=2,
    rows=200_000,
)


@click.command(epilog="Example: python -m benchmarks --quick")
@click.option("--quick", is_flag=True, help="Under two minutes: 8 clients, two rounds, 200,000 rows.")
@click.option("--name", default="hop", show_default=True, help="The result is benchmarks/results/NAME.json.")
@click.option("--rounds", type=click.IntRange(1), help="How often each endpoint is asked.")
@click.option("--seconds", type=click.FloatRange(0.5), help="Length of one pgbench window.")
@click.option("--clients", type=click.IntRange(1, 90), multiple=True, help="Numbers of clients.")
@click.option("--mode", "modes", type=click.Choice(FULL.modes), multiple=True, help="pgbench's query modes.")
@click.option("--endpoint", "endpoints", type=click.Choice(list(ENDPOINTS)), multiple=True, help="What is compared.")
@click.option("--rows", type=click.IntRange(0), help="Rows of the bulk table; 0 leaves bulk out.")
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), default=RESULTS, help="Folder of the result."
)
def main(quick: bool, name: str, output: Path, **given: object) -> None:  # noqa: FBT001  click's way of a flag
    """Compare direct, PgBouncer and pgwarden. Everything that is started is stopped again."""
    chosen = {key: value for key, value in given.items() if value not in (None, ())}
    if "endpoints" in chosen:
        chosen["bulk_endpoints"] = chosen["endpoints"]
    settings = msgspec.structs.replace(QUICK if quick else FULL, **chosen)
    try:
        result = measure(name, settings, lambda line: click.echo(line, err=True))
    except (MissingProgramError, PgbenchError, BulkReadError) as error:
        raise click.ClickException(str(error)) from None
    output.mkdir(parents=True, exist_ok=True)
    file = output / f"{name}.json"
    before = history.last(file, result.machine)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    show(result)
    if before is not None:
        click.echo(f"\nBeside {before.commit}, {before.date}:\n\n{history.changes(before, result)}")
    click.echo(f"\nwritten to {file}", err=True)


def show(result: Result) -> None:
    """The tables of a result."""
    click.echo(f"\n{result.commit}, {result.date}, {result.machine['cpu']}, {result.machine['cores']} cores")
    if result.pgbench:
        click.echo("\n" + report.pgbench_table(result.pgbench))
    if result.bulk:
        click.echo("\n" + report.bulk_table(result.bulk))
    click.echo("\nFor the README (ratios to PgBouncer in the same round, median and spread):\n")
    click.echo(report.readme_table(result.pgbench, result.bulk))


if __name__ == "__main__":
    main()
