"""What the documents say is so: commands run, or exist as written; YAML loads; the guide is walked from end to end.

The info string of a fenced block says how it is tested:
  sh            commands that exist: pgwarden's are parsed, make's are targets
  sh run        executed in order, and what the next ```text block says is in the output (… stands for anything)
  sh fails      as run, and it must fail
  sh serve      started, and left running until the document ends
  sh yours      replaced by the test's own
  yaml rules    loads as a rule file;  yaml config  as a configuration
  json record   has the fields of an audit record
  yaml file=F   written to F;  yaml append=F  added to it
"""

import fnmatch
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import msgspec
import pytest

from proxy.audit.record import FIELDS, Record
from proxy.cli import pgwarden
from proxy.config.load import read_config, read_rules
from proxy.embedded.postgres import EmbeddedPostgres, auth

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = [
    path.relative_to(ROOT).as_posix()
    for path in (
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        ROOT / "CONTRIBUTING.md",
        *sorted(ROOT.glob("docs/guides/*.md")),
    )
]
BLOCK: Final = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
GUIDE: Final = "docs/guides/your-own-database.md"


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: what its info string says, and its text."""

    page: str
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.strip().splitlines()[0]}"


def blocks(page: str) -> list[Block]:
    return [Block(page, *found) for found in BLOCK.findall((ROOT / page).read_text())]


ALL: Final = [block for page in PAGES for block in blocks(page)]


def commands(block: Block) -> Iterator[list[str]]:
    """The simple commands of a block, as words; here-documents left out."""
    text = re.sub(r"<<'(\w+)'\n.*?\n\1\n", "\n", block.text, flags=re.DOTALL)
    for line in text.splitlines():
        for part in re.split(r"\s(?:&&|\|)\s", line):
            if words := shlex.split(part, comments=True):
                yield words


SHELL: Final = [words for block in ALL if block.info.split()[:1] == ["sh"] for words in commands(block)]


@pytest.mark.parametrize("words", [words for words in SHELL if Path(words[0]).name == "pgwarden"], ids=shlex.join)
def test_a_command_of_ours_exists_as_written(words: list[str], tmp_path: Path) -> None:
    command: click.Command = pgwarden
    arguments, name = [word.replace("/backup/audit", str(tmp_path)) for word in words[1:]], "pgwarden"
    while isinstance(command, click.Group):
        name = arguments.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    command.make_context(name, arguments).close()


@pytest.mark.parametrize("words", [words for words in SHELL if words[0] == "make"], ids=shlex.join)
def test_a_target_of_make_exists(words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):.*  ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [word for word in words[1:] if "=" not in word and word not in targets] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_somewhere(page: str) -> None:
    text = BLOCK.sub("", (ROOT / page).read_text())
    assert [link for link in LINK.findall(text) if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_name_of_a_file_is_one(page: str) -> None:
    text = BLOCK.sub("", (ROOT / page).read_text())
    named = re.findall(r"`((?:proxy|tests|tools|docs|deploy|masking_rules|benchmarks)/[\w./*-]+)`", text)
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_test_that_is_named_is_there(page: str) -> None:
    names = set(re.findall(r"`(test_\w+)`", (ROOT / page).read_text()))
    known = {name for path in ROOT.glob("tests/**/*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}
    assert names - known == set()


@pytest.mark.parametrize("block", [block for block in ALL if block.info == "yaml rules"], ids=str)
def test_rules_load(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(block.text)
    rules, problems = read_rules([file])
    assert [problem.what for problem in problems] == []
    assert rules is not None


@pytest.mark.parametrize("block", [block for block in ALL if block.info == "yaml config"], ids=str)
def test_a_configuration_loads(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGWARDEN_CATALOG_PASSWORD", "x")
    (tmp_path / "mask.key").write_bytes(bytes(range(32)))
    (tmp_path / "mask.key").chmod(0o600)
    (tmp_path / "pgwarden.yaml").write_text(block.text)
    config, problems = read_config(tmp_path / "pgwarden.yaml")
    assert [problem.what for problem in problems] == []
    assert config is not None


@pytest.mark.parametrize("block", [block for block in ALL if block.info == "json record"], ids=str)
def test_a_record_has_every_field_in_its_order(block: Block) -> None:
    fields: dict[str, object] = json.loads(block.text)
    assert tuple(fields) == FIELDS
    msgspec.convert(fields, Record)


def test_every_block_is_of_a_known_kind() -> None:
    kinds = {
        "sh",
        "sh run",
        "sh fails",
        "sh serve",
        "sh yours",
        "text",
        "yaml rules",
        "yaml config",
        "json record",
        "console",
        "ini",
    }
    assert [str(block) for block in ALL if block.info not in kinds and "=" not in block.info] == []


class Walker:
    """A newcomer who does what a guide says, in a home of their own."""

    def __init__(self, home: Path, environment: Mapping[str, str], ports: Mapping[str, str]) -> None:
        self._home, self._ports = home, ports
        self._environment = {**environment, "HOME": str(home)}
        self._at, self._output, self._log = home, "", home / "serve.log"
        self._serving: subprocess.Popen[bytes] | None = None

    def walk(self, block: Block) -> None:
        """Takes one step."""
        kind, _, detail = block.info.partition(" ")
        match kind, detail.partition("=")[0]:
            case "sh", "run":
                self._output = self._shell(block, 0)
            case "sh", "fails":
                self._output = self._shell(block, 1)
            case "sh", "serve":
                self._output = self._serve(block)
            case "text", _:
                self._compare(block)
            case "yaml", "file":
                (self._at / detail.partition("=")[2]).write_text(self._own(block.text))
            case "yaml", "append":
                with (self._at / detail.partition("=")[2]).open("a") as file:
                    file.write(self._own(block.text))

    def leave(self) -> int | None:
        """Stops what was left running; its exit code."""
        if self._serving is None:
            return None
        self._serving.terminate()
        return self._serving.wait(30)

    def _own(self, text: str) -> str:
        for known, ours in self._ports.items():
            text = re.sub(rf"\b{known}\b", ours, text)
        return text

    def _shell(self, block: Block, code: int) -> str:
        """Runs it where the last one has ended, with what that one has exported."""
        reloads = self._reloads()
        script = f"set -e\ncd {shlex.quote(str(self._at))}\ntrap 'pwd >&3; env -0 >&3' EXIT\n{self._own(block.text)}"
        read, write = os.pipe()
        with open(read, "rb") as end:
            done = subprocess.run(
                ["bash", "-c", f"exec 3>&{write}\n{script}"], pass_fds=[write], env=self._environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            os.close(write)
            place, _, exported = end.read().decode().partition("\n")
        assert done.returncode == code, f"{block}\n{done.stdout}"
        self._at = Path(place)
        self._environment |= dict(each.split("=", 1) for each in exported.split("\0") if "=" in each)
        if "kill -HUP" in block.text:
            self._wait("reload", reloads + 1)
        return done.stdout

    def _serve(self, block: Block) -> str:
        with self._log.open("wb") as log:
            self._serving = subprocess.Popen(
                shlex.split(block.text), cwd=self._at, env=self._environment, stdout=log, stderr=log
            )
        self._environment["WARDEN_PID"] = str(self._serving.pid)
        self._wait(" listening ", 1)
        return self._log.read_text()

    def _reloads(self) -> int:
        return self._log.read_text().count("reload") if self._log.exists() else 0

    def _wait(self, words: str, times: int) -> None:
        """Until the log has said it so often, or who writes it has ended."""
        assert self._serving is not None
        for _ in range(600):
            try:
                self._serving.wait(0.05)
            except subprocess.TimeoutExpired:
                if self._log.read_text().count(words) >= times:
                    return
                continue
            break
        raise AssertionError(self._log.read_text())

    def _compare(self, block: Block) -> None:
        lines = [line.rstrip() for line in self._output.splitlines()]
        wanted = [self._own(line).rstrip() for line in block.text.splitlines()]
        patterns = [line.replace("[", "[[]").replace("…", "*") for line in wanted]
        missing = [line for line in patterns if not fnmatch.filter(lines, line)]
        assert missing == [], self._output


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in taken]


@pytest.fixture
def walker(tmp_path: Path) -> Iterator[Walker]:
    """Somebody with a clone, psql, and a PostgreSQL that asks for passwords."""
    shim = tmp_path / "bin" / "pgwarden"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m proxy "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "pgwarden").symlink_to(ROOT)
    with EmbeddedPostgres(port=0, hba=auth("scram-sha-256")) as server:
        listen, admin = free_ports(2)
        path = [str(shim.parent), str(server.binaries.directory), os.environ["PATH"]]
        yours = {
            "PGHOST": str(server.folder),
            "PGPORT": str(server.port),
            "PGUSER": "postgres",
            "PGCLIENTENCODING": "UTF8",
        }
        environment = {**os.environ, **yours, "PATH": os.pathsep.join(path)}
        someone = Walker(tmp_path, environment, {"5432": str(server.port), "6432": str(listen), "9187": str(admin)})
        try:
            yield someone
        finally:
            someone.leave()


@pytest.mark.server
def test_the_guide_leads_where_it_says(walker: Walker) -> None:
    for block in blocks(GUIDE):
        walker.walk(block)
    assert walker.leave() == 0
