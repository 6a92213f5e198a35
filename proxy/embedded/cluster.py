"""A fresh cluster in a folder: initdb once per installation, then copies of what it made."""

import os
import subprocess
import tempfile
from pathlib import Path

from proxy.embedded.account import Account
from proxy.embedded.binaries import ENVIRONMENT, Binaries
from proxy.embedded.cache import cache_directory, copy_tree, locked
from proxy.errors import EmbeddedPostgresError

SUPERUSER = "postgres"
OPTIONS = ("--username", SUPERUSER, "--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync")
SETTINGS_FILE = "pgwarden.conf"
FULL = "No space left on device"


def make_cluster(binaries: Binaries, account: Account, data: Path) -> None:
    """Fill data, which must not exist, with a cluster that account owns. Programs must be reachable by account."""
    template = cache_directory() / "clusters" / binaries.key
    with locked(template):
        if not template.exists():
            _initialise(binaries, account, template)
    copy_tree(template, data)
    account.give(data)


def _initialise(binaries: Binaries, account: Account, template: Path) -> None:
    """Below the folder for temporary files, because account need not be able to enter the cache."""
    with tempfile.TemporaryDirectory(prefix="pgw-initdb-") as folder:
        account.give(Path(folder))
        made = Path(folder, "data")
        _initdb([str(binaries.initdb), *OPTIONS, "--pgdata", str(made)], account)
        with (made / "postgresql.conf").open("a") as file:
            file.write(f"include_if_exists = '{SETTINGS_FILE}'\n")
        unfinished = template.with_name(f"{template.name}.{os.getpid()}")
        copy_tree(made, unfinished)
        unfinished.rename(template)


def _initdb(command: list[str], account: Account) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, env=ENVIRONMENT, cwd="/", check=False, **account.popen_options()
    )
    if done.returncode == 0:
        return
    if FULL in done.stderr:
        raise EmbeddedPostgresError("no space is left for a private PostgreSQL", hint="make room, or set TMPDIR")
    said = [line for line in done.stderr.splitlines() if line.strip()]
    raise EmbeddedPostgresError(f"initdb failed: {said[0] if said else f'exit code {done.returncode}'}")
