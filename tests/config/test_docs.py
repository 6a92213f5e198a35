"""The reference says what the code does: its examples load, its tables are the code's."""

import re
from pathlib import Path

import pytest

from proxy.config.load import read_config, read_rules
from proxy.policy.effects import EFFECTS
from proxy.policy.reasons import HINTS

REFERENCE = Path(__file__).parents[2] / "docs/reference"
RULES = (REFERENCE / "rules.md").read_text()
CONFIGURATION = (REFERENCE / "configuration.md").read_text()
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
HEAD = "version: 1\nlevels: [public, internal, confidential, secret]\nunclassified: public\n"
LEAST = {"rules": "rules: [r.yaml]\n", "keys": "keys: {current: 1, 1: {file: mask.key}}\n"}


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mask.key").write_bytes(bytes(range(32)))
    Path("mask.key").chmod(0o600)
    monkeypatch.setenv("PGWARDEN_CATALOG_PASSWORD", "x")
    monkeypatch.setenv("PGWARDEN_MASK_KEY", bytes(range(32)).hex())


@pytest.mark.parametrize("example", BLOCK.findall(RULES))
def test_an_example_of_rules_loads(example: str) -> None:
    Path("r.yaml").write_text(example if example.startswith("version") else HEAD + example)
    rules, problems = read_rules([Path("r.yaml")])
    assert [problem.what for problem in problems if not problem.what.startswith("no mask is named")] == []
    assert rules is not None


@pytest.mark.parametrize("example", BLOCK.findall(CONFIGURATION))
def test_an_example_of_a_configuration_loads(example: str) -> None:
    missing = "".join(text for name, text in LEAST.items() if f"\n{name}:" not in f"\n{example}")
    Path("pgwarden.yaml").write_text(missing + example)
    config, problems = read_config(Path("pgwarden.yaml"))
    assert [problem.what for problem in problems] == []
    assert config is not None


def test_every_effect_stands_in_the_reference() -> None:
    assert [line for word, means in EFFECTS.items() if (line := f"| `{word}` | {means} |") not in RULES] == []


def test_every_reason_stands_in_the_reference() -> None:
    assert [line for one, hint in HINTS.items() if (line := f"| `{one.value}` | {hint} |") not in RULES] == []
