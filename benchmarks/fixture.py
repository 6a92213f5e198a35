"""The database, roles, rules and configuration that every benchmark runs with."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.programs import program
from proxy.embedded.binaries import system_binaries
from proxy.embedded.postgres import EmbeddedPostgres

DATABASE = "bench"
READER = "bench_reader"
"""Below the level of what is masked: the costlier kind of session, because its errors are scrubbed too."""
SCALE = 5

BULK_COLUMNS = "id, email, full_name, card_number, city, born, balance, score, active, created"
MASKED_QUERY = f"select {BULK_COLUMNS} from people"
PLAIN_QUERY = f"select {BULK_COLUMNS} from people_public"

SCHEMA = """
create table people (
  id bigint, email text, full_name text, card_number text, city text,
  born date, balance numeric(12, 2), score double precision, active boolean, created timestamptz);
insert into people
  select n, 'user' || n || '@example' || n % 100 || '.com', 'Given' || n % 1000 || ' Family' || n % 5000,
         lpad((4000000000000000 + n * 7919::bigint)::text, 16, '0'), 'City ' || n % 300,
         date '1950-01-01' + (n % 20000)::int, (n % 1000000)::numeric / 100, n * 0.37, n % 3 = 0,
         timestamptz '2024-01-01 00:00:00+00' + n * interval '1 second'
  from generate_series(1, {rows}) n;
create table people_public as table people;
create role bench_reader login;
grant select on all tables in schema public to bench_reader;
vacuum (analyze, freeze);
"""

RULES = """version: 1
levels: [public, internal, confidential, secret]
classify:
  - {column: public.people.email, level: confidential, type: email}
  - {column: public.people.full_name, level: confidential, type: person_name}
  - {column: public.people.card_number, level: secret, type: payment_card}
  - {column: public.pgbench_history.filler, level: confidential, type: note}
unclassified: public
masks:
  email: {method: email, domain: customer}
  person_name: {method: hash, length: 16}
  payment_card: {method: partial, keep_last: 4}
  default: {method: auto}
subjects:
  - {name: owner, match: {user: postgres}, clearance: secret}
  - {name: readers, match: {}, clearance: public, derived: mask, inference: equality, opaque: refuse}
"""


@contextmanager
def database(rows: int) -> Iterator[EmbeddedPostgres]:
    """A private server with pgbench's tables and a bulk table of rows, Debian's 15 where it is installed."""
    settings = {"shared_buffers": "512MB", "max_connections": "200", "jit": "off", "autovacuum": "off"}
    with EmbeddedPostgres(system_binaries(15), settings=settings) as server:
        server_dsn = server.dsn("postgres")
        _run("psql", server_dsn, "-c", f"create database {DATABASE}")
        dsn = server.dsn(DATABASE)
        _run("pgbench", "-i", "-q", "-s", str(SCALE), dsn)
        for statement in SCHEMA.format(rows=rows).split(";\n"):
            if statement.strip():
                _run("psql", dsn, "-c", statement)
        yield server


def write_config(folder: Path, server: EmbeddedPostgres, *, mode: str, upstream: dict[str, object]) -> Path:
    """pgwarden.yaml with its rules and key in folder. mode: of the audit. YAML reads JSON."""
    (folder / "rules.yaml").write_text(RULES)
    key = folder / "mask.key"
    key.write_bytes(secrets.token_bytes(32))
    key.chmod(0o600)
    config = {
        "listen": {"host": "127.0.0.1", "port": 0},
        "upstream": upstream,
        "catalog": {"user": "postgres", "database": "*"},
        "rules": [str(folder / "rules.yaml")],
        "keys": {"current": 1, "1": {"file": str(key)}},
        "audit": {"directory": str(folder / "audit"), "mode": mode},
        "admin": {"listen": "127.0.0.1:0"},
        "workers": 1,
    }
    file = folder / "pgwarden.yaml"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2).replace(b'"1":', b"1:"))
    return file


def _run(name: str, *arguments: str) -> None:
    options = ("-q", "-X", "-v", "ON_ERROR_STOP=1") if name == "psql" else ()
    subprocess.run([program(name), *options, *arguments], check=True, capture_output=True, text=True)
