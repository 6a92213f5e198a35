"""pgbench in its three query modes leaves the same counts as direct."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from proxy.embedded.postgres import EmbeddedPostgres
from tests.drivers.cluster import execute
from tests.drivers.conftest import Endpoint

CLIENTS, TRANSACTIONS = 4, 60
MODES = ["simple", "extended", "prepared"]
PIPELINE = """\\startpipeline
select count(*) as orders from orders;
insert into bench_piped values (1);
select 2;
\\endpipeline
select count(*) as people from people \\gset
\\set total :people + 1
"""


@pytest.fixture(scope="session")
def tables(cluster: EmbeddedPostgres) -> None:
    """pgbench's own tables, made past the proxy."""
    done = subprocess.run(
        [pgbench(cluster), "-i", "-q", "-s", "1", cluster.dsn("shop", "postgres")], capture_output=True
    )
    assert done.returncode == 0, done.stderr
    execute(cluster, "shop", "create table if not exists bench_piped (a int)")
    execute(cluster, "shop", "grant all on all tables in schema public to plain")


def pgbench(cluster: EmbeddedPostgres) -> str:
    """The server's own pgbench, or that of the system."""
    own = cluster.binaries.directory / "pgbench"
    return str(own) if own.exists() else "pgbench"


def run(endpoint: Endpoint, *options: str) -> int:
    """How many transactions pgbench has processed; none may have failed."""
    command = [pgbench(endpoint.server), "-n", "-c", str(CLIENTS), "-j", "2", "-t", str(TRANSACTIONS), *options]
    done = subprocess.run([*command, endpoint.dsn("plain")], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "number of failed transactions: 0 " in done.stdout
    found = re.search(r"transactions actually processed: (\d+)/", done.stdout)
    assert found
    return int(found[1])


def counted(endpoint: Endpoint, query: str) -> tuple[int, ...]:
    """A row of numbers, asked past the proxy."""
    with psycopg.connect(endpoint.server.dsn("shop")) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("tables")
def test_select_only(endpoint: Endpoint, mode: str) -> None:
    assert run(endpoint, "-S", "-M", mode) == CLIENTS * TRANSACTIONS


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("tables")
def test_every_transaction_is_in_the_history_once(endpoint: Endpoint, mode: str) -> None:
    execute(endpoint.server, "shop", "truncate pgbench_history; update pgbench_branches set bbalance = 0")
    assert run(endpoint, "-M", mode) == CLIENTS * TRANSACTIONS
    history = counted(endpoint, "select count(*), sum(delta) from pgbench_history")
    assert history[0] == CLIENTS * TRANSACTIONS
    assert history[1:] == counted(endpoint, "select bbalance from pgbench_branches")


@pytest.mark.parametrize("mode", ["extended", "prepared"])
@pytest.mark.usefixtures("tables")
def test_pipelines(endpoint: Endpoint, mode: str, tmp_path: Path) -> None:
    script = tmp_path / "pipeline.sql"
    script.write_text(PIPELINE)
    execute(endpoint.server, "shop", "truncate bench_piped")
    assert run(endpoint, "-M", mode, "-f", str(script)) == CLIENTS * TRANSACTIONS
    assert counted(endpoint, "select count(*) from bench_piped") == (CLIENTS * TRANSACTIONS,)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("tables")
def test_a_connection_for_each_transaction(endpoint: Endpoint, mode: str) -> None:
    assert run(endpoint, "-S", "-C", "-M", mode) == CLIENTS * TRANSACTIONS
