"""The demo shows what it says, in a hundred lines, and leaves nothing behind however it ends."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from rich.console import Console

from proxy.cli.demo_acts import Answer
from proxy.cli.demo_show import Show
from tests.support import ends

pytestmark = pytest.mark.server

COMMAND = [sys.executable, "-m", "proxy", "demo"]
LAST_LINE_OF_KEEP = "pgwarden.log"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder for the temporary files of any account, as /tmp is, with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="pgd-", dir="/tmp"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


def environment(place: Path) -> dict[str, str]:
    return os.environ | {"TMPDIR": str(place), "PYTHONUNBUFFERED": "1"}


def left_behind(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


@pytest.fixture(scope="module")
def shown(place: Path) -> dict[str, Any]:
    """What a whole run says to a program."""
    done = subprocess.run([*COMMAND, "--json"], capture_output=True, text=True, env=environment(place), check=False)
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_everything_is_as_it_must_be(shown: dict[str, Any]) -> None:
    assert shown["failures"] == []


def test_the_analyst_sees_the_same_rows_masked(shown: dict[str, Any]) -> None:
    real, seen = shown["application"]["rows"], shown["analyst"]["rows"]
    columns = shown["application"]["columns"]
    same = {name for at, name in enumerate(columns) if all(a[at] == b[at] for a, b in zip(real, seen, strict=True))}
    assert same == {"id", "amount"}


def test_pseudonyms_join_as_addresses_do(shown: dict[str, Any]) -> None:
    joined = shown["joined"]
    assert joined["customers"] == 10_000
    assert joined["by_pseudonym"] == joined["by_address"] == joined["newsletter"] > 1_000


def test_a_refusal_names_its_rule_and_a_way_out_and_the_session_lives_on(shown: dict[str, Any]) -> None:
    refused = {one["way"]: one["answer"]["refused"] for one in shown["attempts"] if one["answer"]["refused"]}
    assert {way: said["message"] for way, said in refused.items()} == {
        "a condition": 'refused by pgwarden rule "inference"',
        "a change": 'refused by pgwarden rule "analysts-read"',
    }
    assert all(said["hint"] and said["sqlstate"] == "42501" for said in refused.values())
    assert shown["afterwards"]["rows"] == [["15000"]]


def test_no_address_of_the_attempts_is_in_what_the_analyst_got(shown: dict[str, Any]) -> None:
    got = json.dumps([one["answer"]["rows"] for one in shown["attempts"]])
    assert re.findall(r"[a-z]+\.[a-z]+\d+@", got) == []


def test_every_statement_has_a_record(shown: dict[str, Any]) -> None:
    decisions = [(record["user"], record["decision"]) for record in shown["records"]]
    assert decisions.count(("ana", "refuse")) == 2
    assert decisions.count(("shop_app", "allow")) == 2
    assert len(decisions) == 11
    assert shown["journal"]["verified"]["faults"] == []


def test_it_leaves_nothing_behind(shown: dict[str, Any], place: Path) -> None:
    assert shown["postgres"]
    assert left_behind(place) == []


@contextmanager
def running(place: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A demo whose output can be read line by line."""
    command = [*COMMAND, *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(place)
    ) as demo:
        try:
            yield demo
        finally:
            demo.kill()


def until(demo: "subprocess.Popen[str]", words: str) -> str:
    """Its output up to the line that holds words."""
    read = ""
    for line in demo.stdout or ():
        read += line
        if words in line:
            return read
    raise AssertionError(read + (demo.stderr.read() if demo.stderr else ""))


async def emails(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["email"] for row in await connection.fetch("select email from shop.customers order by id limit 3")]
    finally:
        await connection.close()


def test_kept_it_runs_until_it_is_interrupted(place: Path) -> None:
    with running(place, "--keep") as demo:
        said = until(demo, LAST_LINE_OF_KEEP)
        assert len(said.splitlines()) <= 110
        assert "\x1b" not in said
        dsns = dict(re.findall(r"^ *(\w[\w ]+): \S*psql '(.*)'$", said, re.MULTILINE))
        assert list(dsns) == ["analyst", "application", "past pgwarden"]
        real, seen, past = (asyncio.run(emails(dsns[name])) for name in ("application", "analyst", "past pgwarden"))
        assert real == past
        assert set(real) & set(seen) == set()
        demo.send_signal(signal.SIGHUP)
        assert asyncio.run(emails(dsns["analyst"])) == seen
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    assert left_behind(place) == []


def children(process: "subprocess.Popen[str]") -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 130, id="terminated"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="killed"),
    ],
)
def test_ended_before_its_end_it_leaves_nothing_behind(place: Path, number: signal.Signals, code: int) -> None:
    with running(place) as demo:
        until(demo, "ready in")
        guards = children(demo)
        demo.send_signal(number)
        assert demo.wait(30) == code
        assert [pid for pid in guards if not ends(pid)] == []
    assert left_behind(place) == []


def test_a_port_that_is_taken_is_told_in_one_sentence(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [*COMMAND, "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(place), check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert port in done.stderr
    assert left_behind(place) == []


def test_masked_cells_are_coloured_on_a_terminal() -> None:
    out = StringIO()
    show = Show(Console(file=out, force_terminal=True, color_system="standard", width=100))
    show.same_query(
        Answer("shop_app", "select id, name", ["id", "name"], [["1", "Ada"]]),
        Answer("ana", "select id, name", ["id", "name"], [["1", "9f3a"]]),
    )
    assert "\x1b[1;33m9f3a" in out.getvalue()
    assert "\x1b[1;33m1" not in out.getvalue()
