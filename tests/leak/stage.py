"""The stage: a server with the canaries, its twin worlds, and a pgwarden for each set of rules."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import psycopg

from proxy.embedded.postgres import EmbeddedPostgres
from tests.drivers.warden import running_warden
from tests.leak.canary import fill
from tests.leak.rules import rules
from tests.servers import KNOWN, TEST_SETTINGS

BASE: Final = "base"
DATABASE: Final = "leaks"
TWINS: Final = ("twin_a", "twin_b")
"""Two databases that differ in nothing but protected values: their objects have the same OIDs."""
FOLDER: Final = Path(__file__).parent / "schema"
FILES: Final = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.sql"))}
SCHEMA: Final = "\n".join(FILES.values())
FROM: Final = re.compile(r"_from(\d+)$")
NEEDS: Final = re.compile(r"-- needs: (\w+)")
ROLES: Final = """create role readers;
create role app login superuser;
create role dba login superuser;
create role hidden login superuser;
create role strict login in role readers;
create role lenient login in role readers;
create role masked login in role readers;
create role sparer login in role readers;
create role shaper login in role readers;
create role wary login in role readers"""
HBA: Final = "local all postgres trust\nhost all all 127.0.0.1/32 trust\n"
SETTINGS: Final = TEST_SETTINGS | {"autovacuum": "off", "synchronize_seqscans": "off", "jit": "off"}
READERS: Final = ("strict", "lenient", "masked")
"""Restricted roles; masked comes through the rules that mask what nobody has classified."""


@cache
def major_of(label: str) -> int:
    """The major version of a server of tests/servers.py."""
    return int(KNOWN[label]().version.split(".")[0])


@dataclass(frozen=True, slots=True)
class Stage:
    """Where to connect: the server's port, and for each reader its pgwarden's. has: what the server offers."""

    server: EmbeddedPostgres
    has: frozenset[str]
    direct: int
    named: int
    masking: int

    def port(self, reader: str) -> int:
        """The pgwarden that this role comes through."""
        return self.masking if reader == "masked" else self.named

    def admin(self, *statements: str, database: str = DATABASE) -> None:
        """As the superuser, past pgwarden."""
        with psycopg.connect(self.server.dsn(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def running_stage(label: str, folder: Path) -> Iterator[Stage]:
    """A server of its own, because its roles and rows are unlike the other tests'."""
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedPostgres(KNOWN[label](), settings=SETTINGS, hba=HBA))
        has = features(server, major_of(label))
        build(server, has)
        ports: list[int] = []
        for unclassified in ("public", "mask"):
            (home := folder / f"{label}_{unclassified}").mkdir()
            written = rules(has, unclassified=unclassified)
            ports.append(stack.enter_context(running_warden(home, server, written)).port)
        yield Stage(server, has, server.port, *ports)


def features(server: EmbeddedPostgres, major: int) -> frozenset[str]:
    """Versions as from14 …, extensions by their names, and xml where the server was built with it."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        found = {row[0] for row in connection.execute("select name from pg_available_extensions")}
        try:
            connection.execute("select xmlparse(content '<a/>')")
            found.add("xml")
        except psycopg.errors.FeatureNotSupported:
            pass
    return frozenset(found | {f"from{at}" for at in range(13, major + 1)})


def wanted(name: str, text: str, has: frozenset[str]) -> bool:
    """Whether this server can take a file of the schema."""
    needs = {*NEEDS.findall(text), *(f"from{version}" for version in FROM.findall(name))}
    return needs <= has


def build(server: EmbeddedPostgres, has: frozenset[str]) -> None:
    """One database without rows, and copies of it with those of their world."""
    files = {name: text for name, text in FILES.items() if wanted(name, text, has)}
    made = [text for name, text in files.items() if not "50" <= name[:2] < "90" and name[:2] < "95"]
    rows = [text for name, text in files.items() if "50" <= name[:2] < "90" or name[:2] >= "95"]
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(ROLES.encode())
        connection.execute(f"create database {BASE}".encode())
    _run(server, BASE, fill("\n".join(made)))
    for database in (DATABASE, *TWINS):
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {database} template {BASE}".encode())
        _run(server, database, fill("\n".join(rows), twin=database == TWINS[1]).replace("DATABASE", database))


def _run(server: EmbeddedPostgres, database: str, text: str) -> None:
    with psycopg.connect(server.dsn(database), autocommit=True) as connection:
        connection.execute(text.encode())
