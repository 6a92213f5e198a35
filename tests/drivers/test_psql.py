"""psql, run by a script, says through pgwarden what it says directly."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.drivers.conftest import Endpoint, Name
from tests.drivers.warden import START_S

DESCRIBES = [
    r"\d", r"\d people", r"\d+ people", r"\dt+", r"\dv+ adults", r"\di", r"\ds", r"\df", r"\df+ noisy", r"\dT+",
    r"\dD", r"\du", r"\l", r"\dn", r"\dp", r"\dx", r"\dC int4", r"\do +", r"\sf noisy", r"\sv adults", r"\ddp",
]  # fmt: skip

SCRIPTS = {
    "variables": "\\set n 3\n\\set who 'Person 2'\nselect :n, :'who', :\"n\" from (select 1 as \"3\") x;\n",
    "gset": "select count(*) as total, min(id) as first from people \\gset\n\\echo :total :first\n",
    "gexec": "select format('select %s + 1', n) from generate_series(1, 3) n \\gexec\n",
    "gdesc": "select id, email, balance from people \\gdesc\n",
    "crosstabview": "select id % 2, mood, count(*) from people group by 1, 2 order by 1, 2 \\crosstabview\n",
    "several commands in one query": "select 1\\; select 2\\; select 3;\n",
    "conditions": "select count(*) > 5 as many from people \\gset\n\\if :many\nselect 1;\n\\else\nselect 2;\n\\endif\n",
    "other formats": "\\x on\nselect * from people where id = 1;\n\\x off\n\\pset format csv\ntable orders;\n",
    "errors": "\\set VERBOSITY verbose\nselect 1/0;\nselect nme from people;\nselect noisy('error');\n\\errverbose\n",
    "notices": "select noisy('notice');\nselect noisy('warning');\n",
    "a failed transaction": "begin;\nselect 1/0;\nselect 1;\nrollback;\nselect 2;\n",
    "error rollback": "\\set ON_ERROR_ROLLBACK on\nbegin;\nselect 1/0;\nselect 1;\ncommit;\n",
    "rows by cursor": "\\set FETCH_COUNT 3\nselect id, name from people order by id;\n",
    "copy from stdin": "begin;\ncopy notes(body) from stdin;\none\ntwo\n\\.\ntable adults;\nrollback;\n",
    "copy to stdout": "copy (select id, name from people order by id) to stdout (format csv, header);\n",
    "a bad line": "copy orders(id) from stdin;\nx\n\\.\nselect 1;\n",
    "settings": "set datestyle = 'german';\nselect born from people where id = 1;\n\\encoding latin1\nselect 'x';\n",
    "prepared": "prepare p(int) as select name from people where id = $1;\nexecute p(2);\ndeallocate p;\n",
    "notifications": "listen here;\nnotify here, 'hello';\n",
    "large objects": "begin;\nselect lo_create(777001);\n\\lo_list\nselect lo_unlink(777001);\nrollback;\n",
    "the same query again": "select count(*) from orders;\n\\g\n\\g\n",
    "row by row output": "select repeat('x', 200000), n from generate_series(1, 20) n;\n",
}
BIND = "select $1::int + 1, $2 \\bind 41 'x' \\g\nselect 1 \\parse s\n\\bind_named s \\g\n\\close s\n"
PIPELINE = "\\startpipeline\nselect $1::int \\bind 1 \\g\nselect 1/0 \\bind \\g\n\\endpipeline\nselect 2;\n"


def program(endpoint: Endpoint) -> str:
    """The server's own psql, or else that of the system."""
    own = endpoint.server.binaries.directory / "psql"
    return str(own) if own.exists() else "psql"


def psql(endpoint: Endpoint, script: str, *options: str, user: str = "app") -> tuple[int, str, str]:
    """Exit code, output and errors; process ids made equal."""
    command = [program(endpoint), "-X", "-q", *options, endpoint.dsn(user)]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=START_S)
    return done.returncode, re.sub(r"PID \d+", "PID n", done.stdout), done.stderr


def asked_version(endpoint: Endpoint) -> int:
    """psql's own major version."""
    program = endpoint.server.binaries.directory / "psql"
    said = subprocess.run(
        [str(program) if program.exists() else "psql", "--version"], capture_output=True, text=True
    ).stdout
    return int(re.split(r"\D+", said.strip())[1])


@pytest.fixture(autouse=True)
def _psql_is_there(direct: Endpoint) -> None:
    if not shutil.which(program(direct)):
        pytest.skip("psql is not installed")


@pytest.mark.parametrize("command", DESCRIBES)
def test_describing_commands_show_the_same(endpoint: Endpoint, direct: Endpoint, command: str) -> None:
    shown = psql(endpoint, command + "\n")
    assert shown == psql(direct, command + "\n")
    assert shown[1] or shown[2]


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_scripts_say_the_same(endpoint: Endpoint, direct: Endpoint, script: str) -> None:
    said = psql(endpoint, script)
    assert said == psql(direct, script)
    assert said[1] or said[2]


@pytest.mark.parametrize(
    ("script", "since"), [pytest.param(BIND, 18, id="bind"), pytest.param(PIPELINE, 18, id="pipeline")]
)
def test_scripts_of_the_extended_protocol_say_the_same(
    endpoint: Endpoint, direct: Endpoint, script: str, since: int
) -> None:
    if asked_version(direct) < since:
        pytest.skip(f"psql has it from {since} on")
    assert psql(endpoint, script) == psql(direct, script)


def test_the_first_error_ends_a_script_that_says_so(endpoint: Endpoint) -> None:
    code, output, errors = psql(endpoint, "select 1;\nselect 1/0;\nselect 2;\n", "-At", "-v", "ON_ERROR_STOP=1")
    assert (code, output) == (3, "1\n")
    assert "division by zero" in errors


def test_one_transaction_for_a_whole_script(endpoint: Endpoint) -> None:
    script = "insert into notes(id, body) values (-100, 'x');\nselect 1/0;\n"
    assert psql(endpoint, script, "-1", "-v", "ON_ERROR_STOP=1")[0] == 3
    assert psql(endpoint, "select count(*) from notes where id = -100;\n", "-At")[1] == "0\n"


def test_a_table_goes_out_by_copy_and_comes_in_again(endpoint: Endpoint, tmp_path: Path, fresh: Name) -> None:
    table, file = fresh("copied"), tmp_path / "people"
    script = (
        f"create table {table} (like people);\n"
        f"\\copy people to '{file}' (format binary)\n"
        f"\\copy {table} from '{file}' (format binary)\n"
        f"select count(*), (select count(*) from (table people except table {table}) d) from {table};\n"
        f"drop table {table};\n"
    )
    assert psql(endpoint, script, "-At") == (0, "10|0\n", "")


def test_copy_to_a_program_of_the_client(endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "out"
    assert psql(endpoint, f"\\copy (select 1, 'x') to program 'cat > {file}' (format csv)\n")[0] == 0
    assert file.read_text() == "1,x\n"


def test_a_wrong_database_is_told_by_the_server(endpoint: Endpoint) -> None:
    command = [program(endpoint), "-X", "-c", "select 1", endpoint.dsn(database="nowhere")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_S)
    assert done.returncode == 2
    assert 'database "nowhere" does not exist' in done.stderr
