"""The stage: one server with the canaries, and a pgwarden for each set of rules."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import yaml

from proxy.embedded.postgres import EmbeddedPostgres
from tests.drivers.warden import running_warden
from tests.leak.canary import fill
from tests.servers import DEFAULT, KNOWN, TEST_SETTINGS

DATABASE: Final = "leaks"
SCHEMA: Final = (Path(__file__).parent / "schema.sql").read_text()
ROLES: Final = """create role readers;
create role app login superuser;
create role dba login superuser;
create role hidden login superuser;
create role strict login in role readers;
create role lenient login in role readers;
create role masked login in role readers;
create role sparer login in role readers;
create role wary login in role readers"""
HBA: Final = "local all postgres trust\nhost all all 127.0.0.1/32 trust\n"
PROTECTED: Final = {
    "people": "email ssn salary born pin seen photo meta doc tags span home code card score big fixed uid",
    "notes": "body", "refs": "ssn", "events": "secret", "docs": "secret", "guarded": "secret",
}  # fmt: skip
CLEAN: Final = {
    "people": "id name city active mood dept", "notes": "id person shown", "clean": "id label amount",
    "events": "id kind", "docs": "id", "guarded": "id owner", "refs": "what", "wide": "id label",
    "v_people": "id name", "m_people": "id name", "docs_child": "extra", "late": "id", "wall": "id t",
    "wish": "id note",
}  # fmt: skip
READERS: Final = ("strict", "lenient", "wary", "masked")
"""Restricted roles; masked comes through the rules that mask what nobody has classified."""


def rules(*, unclassified: str) -> str:
    """One file of rules: the readers see nothing protected, whoever else sees all."""
    classify = [
        {"column": f"s.{table}.{column}", "level": "secret", "type": column if column in ("card", "email") else "plain"}
        for table, columns in PROTECTED.items()
        for column in columns.split()
    ]
    if unclassified == "mask":
        classify += [
            {"column": f"s.{table}.{column}", "level": "public"}
            for table, columns in CLEAN.items()
            for column in columns.split()
        ]
    ways = {
        "strict": {"derived": "refuse", "inference": "none", "opaque": "refuse"},
        "dba": {"derived": "refuse", "inference": "none", "opaque": "refuse"},
        "wary": {"derived": "mask", "inference": "equality", "opaque": "refuse"},
        "lenient": {"derived": "mask", "inference": "open", "opaque": "mask"},
        "sparer": {"derived": "mask", "inference": "open", "opaque": "mask"},
        "masked": {"derived": "null", "inference": "open", "opaque": "mask"},
    }
    subjects: list[dict[str, Any]] = [
        {"name": name, "match": {"user": name}, "clearance": "public", **way} for name, way in ways.items()
    ]
    return yaml.safe_dump({
        "version": 1, "levels": ["public", "secret"], "classify": classify, "unclassified": unclassified,
        "masks": {"email": {"method": "email"}, "card": {"method": "partial", "keep_last": 4},
                  "default": {"method": "auto"}},
        "subjects": [*subjects, {"name": "everyone", "match": {}, "clearance": "secret"}],
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """Where to connect: the server's port, and for each reader its pgwarden's."""

    server: EmbeddedPostgres
    direct: int
    named: int
    masking: int

    def port(self, reader: str) -> int:
        """The pgwarden that this role comes through."""
        return self.masking if reader == "masked" else self.named

    def admin(self, *statements: str) -> None:
        """As the superuser, past pgwarden."""
        with psycopg.connect(self.server.dsn(DATABASE), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def running_stage(folder: Path) -> Iterator[Stage]:
    """A server of its own, because its roles and rows are unlike the other tests'."""
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedPostgres(KNOWN[DEFAULT[0]](), settings=TEST_SETTINGS, hba=HBA))
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(ROLES.encode())
            connection.execute(f"create database {DATABASE}".encode())
        with psycopg.connect(server.dsn(DATABASE), autocommit=True) as connection:
            connection.execute(fill(SCHEMA).encode())
        ports: list[int] = []
        for unclassified in ("public", "mask"):
            (home := folder / unclassified).mkdir()
            ports.append(stack.enter_context(running_warden(home, server, rules(unclassified=unclassified))).port)
        yield Stage(server, server.port, *ports)
