"""Every fault of a file is told at file:line:column, with the way out: the files of bad_rules and bad_configs say how.

A line that starts with `#: ` is what pgwarden must say of its file, all of it and in this order of places.
"""

import shutil
from pathlib import Path

import pytest

from proxy.cli.report import one_line
from proxy.config.load import load_config, load_rules, read_config, read_rules
from proxy.config.problems import Problem
from proxy.errors import ConfigError

HERE = Path(__file__).parent
BAD_RULES = sorted(path.name for path in (HERE / "bad_rules").glob("*.yaml"))
BAD_CONFIGS = sorted(path.name for path in (HERE / "bad_configs").glob("*.yaml"))


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("bad_rules", "bad_configs"):
        shutil.copytree(HERE / folder, tmp_path / folder)
    (tmp_path / "bad_configs/good.key").write_bytes(bytes(range(32)))
    (tmp_path / "bad_configs/good.key").chmod(0o600)
    (tmp_path / "bad_configs/short.key").write_bytes(bytes(range(31)))
    (tmp_path / "bad_configs/short.key").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PGWARDEN_TEST_UNSET", raising=False)
    monkeypatch.setenv("PGWARDEN_TEST_SECRET", "hunter2")


def expected(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return sorted(f"pgwarden: {path}:{line[3:]}" for line in lines if line.startswith("#: "))


def said(problems: tuple[Problem, ...], path: Path) -> list[str]:
    return sorted(one_line(problem.as_error()).replace(f"{path}: is", f"{path}:is") for problem in problems)


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_bad_rule_file_says_every_fault_at_its_place(name: str) -> None:
    path = Path("bad_rules", name)
    rules, problems = read_rules([path])
    assert rules is None
    assert said(problems, path) == expected(path)


@pytest.mark.parametrize("name", BAD_CONFIGS)
def test_a_bad_configuration_says_every_fault_at_its_place(name: str) -> None:
    path = Path("bad_configs", name)
    config, problems = read_config(path)
    assert config is None
    assert said(problems, path) == expected(path)


@pytest.mark.parametrize("name", BAD_RULES)
def test_loading_a_bad_rule_file_raises_its_first_error(name: str) -> None:
    path = Path("bad_rules", name)
    with pytest.raises(ConfigError) as error:
        load_rules([path])
    assert error.value.place.startswith(str(path))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(Path("nowhere.yaml"))
    hint = "Name the file with --config, or start from the pgwarden.yaml of the project."
    assert one_line(error.value) == f"pgwarden: nowhere.yaml: is not there. {hint}"
    with pytest.raises(ConfigError) as error:
        load_rules([Path("nowhere.yaml")])
    assert str(error.value) == "nowhere.yaml: cannot be read: No such file or directory"


def test_a_folder_is_no_file() -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load_config(Path("bad_rules"))


def test_bytes_that_are_not_utf_8_have_a_place() -> None:
    path = Path("latin1.yaml")
    path.write_bytes(b"version: 1\nlevels: [caf\xe9]\n")
    with pytest.raises(ConfigError) as error:
        load_rules([path])
    assert str(error.value) == "latin1.yaml:2:13: is not UTF-8"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: " + "[" * 33, id="lists"),
        pytest.param("{a: " * 100_000, id="mappings without end"),
        pytest.param("- " * 100_000, id="blocks without end"),
    ],
)
def test_depth_is_bounded(text: str) -> None:
    path = Path("deep.yaml")
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"nested deeper than 32|maximum nesting depth"):
        load_rules([path])
