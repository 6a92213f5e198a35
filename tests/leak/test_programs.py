"""The server's own programs through pgwarden: psql's backslash commands and pg_dump."""

import subprocess
from typing import Final

import pytest

from tests.leak.conftest import Stages
from tests.leak.stage import DATABASE
from tests.servers import KNOWN

COMMANDS: Final = r"""
\l \dn \dn+ \dt \dt+ \dv \dm \di \ds \dE \dT \dD \dF \df \dfa \dfp \do \dp \ddp \drds \du \dg \db
\dc \dC \dL \dO \dx \dy \dA \des \dew \deu \det \dl \dP \dRp \dRs \sv+{s.w_clean} \d{s.clean}
\d+{s.clean} \d{s.notes} \d{s.seq} \d{s.w_clean} \d+{s.w_clean} \d{s.ledger} \d+{s.ledger}
\d{s.ledger_old} \d{s.docs_child} \d{s.spare} \dt{s.*} \df{s.g_clean} \dT{s.address} \dC{text}
\encoding
"""
"""psql's; what is in braces is an argument."""

LABEL: Final = next(iter(KNOWN))
PROGRAMS: Final = KNOWN[LABEL]().directory
pytestmark = pytest.mark.skipif(not (PROGRAMS / "psql").exists(), reason="this server came without its programs")
REFUSED: Final = 4
"""How many of them a restricted reader is refused today: they show definitions of columns or functions."""


def run(port: int, user: str, program: str, *arguments: str) -> tuple[str, str]:
    """Output and errors of one of the newest server's programs."""
    binary = PROGRAMS / program
    where = ["-h", "127.0.0.1", "-p", str(port), "-U", user]
    done = subprocess.run([str(binary), *where, *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.replace(f'"{port}"', "PORT"), done.stderr.replace(str(port), "PORT")


def psql(port: int, user: str) -> tuple[str, str]:
    """What psql shows for all commands, one after the other."""
    said = [part for one in COMMANDS.split() for part in ("-c", one.replace("{", " ").replace("}", ""))]
    return run(port, user, "psql", "-X", "-d", DATABASE, *said)


def test_psql_shows_a_cleared_reader_what_it_shows_without_pgwarden(stages: Stages) -> None:
    stage, _ = stages.get(LABEL)
    assert psql(stage.named, "app") == psql(stage.direct, "app")


def test_a_dump_of_a_cleared_reader_is_the_same(stages: Stages) -> None:
    stage, _ = stages.get(LABEL)
    one, other = (run(port, "app", "pg_dump", "-n", "s", DATABASE) for port in (stage.direct, stage.named))
    assert [line for line in one[0].splitlines() if "restrict" not in line] == [
        line for line in other[0].splitlines() if "restrict" not in line
    ]
    assert other[1] == one[1]


def test_psql_shows_a_restricted_reader_nearly_everything(stages: Stages) -> None:
    stage, _ = stages.get(LABEL)
    errors = [psql_of(stage.named, one) for one in COMMANDS.split()]
    assert sum("ERROR" in error for error in errors) <= REFUSED


def psql_of(port: int, command: str) -> str:
    """What goes wrong with one command of a restricted reader."""
    said = command.replace("{", " ").replace("}", "")
    return run(port, "strict", "psql", "-X", "-d", DATABASE, "-c", said)[1]
