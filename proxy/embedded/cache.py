"""The folder that keeps what is slow to make: initialised clusters, copies of programs, other server versions."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from proxy.errors import EmbeddedPostgresError


def cache_directory() -> Path:
    """$PGWARDEN_CACHE, or the user's own cache; root's is where an unprivileged account can read it too."""
    if chosen := os.environ.get("PGWARDEN_CACHE"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/cache/pgwarden")
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) / "pgwarden"
    home = Path(os.environ.get("HOME", "/nonexistent"))
    if os.access(home, os.W_OK):
        return home / ".cache" / "pgwarden"
    return _temporary_cache()


def _temporary_cache() -> Path:
    """For accounts without a home. Somebody else's folder of that name is not trusted."""
    folder = Path(tempfile.gettempdir()) / f"pgwarden-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{folder} belongs to somebody else", hint="set PGWARDEN_CACHE to a folder of yours"
        )
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold path's lock, so that of two processes that want the same thing made, one makes it and one waits."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise EmbeddedPostgresError(
            f"the cache cannot be written in {path.parent}: {error.strerror}",
            hint="set PGWARDEN_CACHE to a folder of yours",
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copy_tree(old: Path, new: Path, ignore: Callable[[str, list[str]], Iterable[str]] | None = None) -> None:
    """Copy a folder, links as links; whole or not at all."""
    try:
        shutil.copytree(old, new, symlinks=True, ignore=ignore)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        reason = re.search(r"\] ([^:'\"]+)", str(error))  # of the first file: shutil.Error lists them all
        raise EmbeddedPostgresError(
            f"{new} cannot be filled: {reason.group(1) if reason else type(error).__name__}",
            hint="make room there, or set TMPDIR and PGWARDEN_CACHE to other folders",
        ) from error
