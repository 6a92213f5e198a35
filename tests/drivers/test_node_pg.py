"""npm's pg tells the same story through pgwarden. Skipped where there is no npm, or no registry to install from."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from proxy.embedded.cache import cache_directory, locked
from tests.drivers.cluster import PASSWORD
from tests.drivers.conftest import Endpoint

SCRIPT = Path(__file__).parent / "node" / "conversation.js"
PACKAGE = "pg@8"
INSTALL_S = 180.0
RUN_S = 60.0


@pytest.fixture(scope="session")
def modules() -> Path:
    """A folder node_modules with pg in it, kept in the cache."""
    if not (shutil.which("node") and (npm := shutil.which("npm"))):
        pytest.skip("node and npm are not installed")
    folder = cache_directory() / "node-pg"
    with locked(folder):
        if not (folder / "node_modules" / "pg" / "package.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            command = [
                npm,
                "install",
                "--no-save",
                "--no-package-lock",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(folder),
                PACKAGE,
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S)
            if done.returncode:
                pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "node_modules"


def told(modules: Path, endpoint: Endpoint) -> dict[str, Any]:
    """What the script says of an endpoint."""
    environment = os.environ | {
        "NODE_PATH": str(modules),
        "DSN": endpoint.dsn("scram_user", PASSWORD),
        "WRONG_DSN": endpoint.dsn("scram_user", "wrong"),
        "TZ": "UTC",
    }
    done = subprocess.run(["node", str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=RUN_S)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_same_story(endpoint: Endpoint, direct: Endpoint, modules: Path) -> None:
    story = told(modules, endpoint)
    assert story == told(modules, direct)
    assert story["named"] == ["Person 1", "Person 2", "Person 3"]
    assert story["wrong"][0] == "28P01"
    assert story["notification"] == ["from_node", "hello"]
