"""The folder that keeps what is slow to make: initialised clusters, copies of programs, other server versions."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
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
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
