"""`pgwarden catalog watch`: prints, installs, removes, and says who may."""

import json
from pathlib import Path

import pytest
import yaml

from proxy.catalog.watching import INSTALL
from proxy.cli import main
from tests.servers import Database


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["catalog", "watch", *arguments])
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out, said.err


@pytest.fixture
def account(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    name = database.unique("reader")
    database.run(f"create role {name} login")
    Path("mask.key").write_bytes(bytes(range(32)))
    Path("mask.key").chmod(0o600)
    config = {
        "rules": ["r.yaml"],
        "keys": {"current": 1, 1: {"file": "mask.key"}},
        "upstream": {"socket": str(database.server.socket_path.parent), "port": database.server.port},
        "catalog": {"user": name, "database": database.name},
    }
    Path("pgwarden.yaml").write_text(yaml.safe_dump(config))
    return name


def test_without_an_option_it_prints_what_it_would_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert code == 0
    assert out.split() == INSTALL.split()


def test_who_may_not_is_told_who_may(account: str, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--install")
    assert (code, out) == (1, "")
    assert f"{account} may not do that in {database.name}: permission denied" in err
    assert "name one by --user" in err


def test_a_superuser_installs_and_removes(account: str, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--install", "--user", "postgres", "--json")
    assert code == 0
    assert json.loads(out)["rows"] == [{"database": database.name, "installed": True}]
    code, out, _ = run(capsys, "--remove", "--user", "postgres", "--json")
    assert code == 0
    assert json.loads(out)["rows"] == [{"database": database.name, "installed": False}]
