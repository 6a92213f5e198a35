"""`pgwarden audit …`: the journal from the command line."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.cli import main
from tests.audit.journals import WAIT_S, execute, settings, started, write

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]
CONFIG = """
rules: [rules.yaml]
keys: {current: 1, 1: {file: mask.key}}
audit: {directory: audit}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def audit(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["audit", *arguments])
        said = capfd.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return audit


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The only segment of a journal of twenty records in the folder `audit`."""
    (path,) = write(tmp_path, 20)
    return path


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)


def test_verify_says_that_a_journal_is_intact(run: Run, journal: Path) -> None:
    assert run("verify", "audit") == (0, "intact: 23 entries in 1 segments, 0.0 MB\n", "")


def test_verify_names_the_place_of_a_fault(run: Run, journal: Path) -> None:
    damage(journal)
    code, out, _ = run("verify", "audit", "--json")
    said = json.loads(out)
    assert code == 1
    assert said["intact"] is False
    (fault,) = said["faults"]
    assert (fault["segment"], fault["kind"]) == ("worker-00/000000000001.pgwj", "damaged")
    assert fault["byte"] <= 1000
    code, out, _ = run("verify", "audit")
    assert code == 1
    assert "not intact: 1 faults" in out


def test_verify_says_which_segment_is_open(run: Run, tmp_path: Path) -> None:
    with started(settings(tmp_path)) as writing:
        writing.spool.wait(execute(writing, [1]), WAIT_S)
        code, out, _ = run("verify", "audit")
    assert code == 0
    assert "000000000001.pgwj is not sealed" in out


def test_verify_takes_a_copy_and_a_key_from_elsewhere(run: Run, journal: Path) -> None:
    Path("audit").rename("copy")
    assert run("verify", "copy")[0] == 1
    assert run("verify", "copy", "--key", "audit.key")[0] == 0
    Path("audit.key").rename("copy.key")
    assert run("verify", "copy/worker-00")[0] == 0


def test_verify_without_the_right_key_is_one_clear_line(run: Run, journal: Path) -> None:
    Path("other.key").write_text("ab" * 32)
    code, out, err = run("verify", "audit", "--key", "other.key")
    assert (code, out) == (1, "")
    assert err == (
        "pgwarden: audit: the journal was written with another key. "
        "Name the key that it was written with: audit.key, or --key\n"
    )


@pytest.mark.parametrize("command", ["verify", "search", "tail", "export", "stats"])
def test_a_folder_without_a_journal_is_one_clear_line(run: Run, command: str) -> None:
    Path("empty").mkdir()
    code, out, err = run(command, "empty")
    assert (code, out) == (1, "")
    assert err == "pgwarden: empty holds no audit journal. Name the folder, or --config\n"


@pytest.mark.parametrize("command", ["verify", "search", "tail", "export", "stats"])
def test_without_a_folder_the_configured_journal_is_meant(run: Run, journal: Path, command: str) -> None:
    Path("pgwarden.yaml").write_text(CONFIG)
    Path("rules.yaml").write_text("version: 1\nlevels: [public]\nunclassified: public\n")
    Path("mask.key").write_bytes(bytes(range(32)))
    Path("mask.key").chmod(0o600)
    assert run(command)[0] == 0


def test_search_shows_what_matches(run: Run, journal: Path) -> None:
    code, out, _ = run("search", "audit", "--user", "ana", "--column", "email", "--sql", "id = 7")
    assert code == 0
    assert "id = 7" in " ".join(out.replace("│", " ").split())
    assert run("search", "audit", "--user", "bob") == (0, "no record matches\n", "")


def test_search_gives_programs_every_field(run: Run, journal: Path) -> None:
    code, out, _ = run("search", "audit", "--limit", "2", "--json")
    records = json.loads(out)["records"]
    assert code == 0
    assert [record["sql"][-2:] for record in records] == ["19", "20"]
    assert records[0]["masked"] == {"shop.customers.email": "email"}


def test_a_time_that_is_none_is_wrong_usage(run: Run, journal: Path) -> None:
    code, _, err = run("search", "audit", "--since", "yesterday")
    assert code == 2
    assert "'yesterday' is no time" in err


def test_export_writes_a_file_and_says_how_many(run: Run, journal: Path) -> None:
    assert run("export", "audit", "--output", "out.jsonl") == (0, "20 records in out.jsonl\n", "")
    lines = Path("out.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(3, 23))


def test_export_without_a_file_is_for_a_pipe(run: Run, journal: Path) -> None:
    code, out, _ = run("export", "audit", "--format", "csv", "--sql", "id = 7")
    assert code == 0
    assert out.splitlines()[0].startswith("v,seq,time,")
    assert len(out.splitlines()) == 2


def test_tail_shows_the_last_ones(run: Run, journal: Path) -> None:
    code, out, _ = run("tail", "audit", "-n", "2")
    assert code == 0
    assert [line[-7:] for line in out.splitlines()] == ["id = 19", "id = 20"]
    code, out, _ = run("tail", "audit", "-n", "1", "--json")
    assert json.loads(out)["seq"] == 22


def test_tail_follows(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as writing:
        writing.spool.wait(execute(writing, [1]), WAIT_S)
        command = [sys.executable, "-m", "proxy", "audit", "tail", str(tmp_path / "audit"), "--follow", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as tail:
            assert tail.stdout is not None
            first = json.loads(tail.stdout.readline())
            writing.spool.wait(execute(writing, [2]), WAIT_S)
            assert select.select([tail.stdout], [], [], WAIT_S)[0]
            second = json.loads(os.read(tail.stdout.fileno(), 1 << 16))
            tail.terminate()
    assert (first["sql"][-1], second["sql"][-1]) == ("1", "2")


def test_stats_count(run: Run, journal: Path) -> None:
    code, out, _ = run("stats", "audit", "--json")
    said = json.loads(out)
    assert code == 0
    assert (said["records"], said["rows"]) == (20, 20)
    assert {"by": "user", "value": "ana", "records": 20, "rows": 20} in said["counts"]


@pytest.mark.parametrize("command", ["verify", "search", "tail", "export", "stats"])
def test_help_shows_an_example(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"Example: pgwarden audit {command}" in out
