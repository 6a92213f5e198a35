"""A private PostgreSQL for demo and tests: start, stop, never orphaned, no root needed and none refused."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, urlencode

from proxy.embedded import guard
from proxy.embedded.account import current_account
from proxy.embedded.binaries import ENVIRONMENT, Binaries, reachable, wheel_binaries
from proxy.embedded.cluster import FULL, SETTINGS_FILE, SUPERUSER, make_cluster
from proxy.errors import EmbeddedPostgresError

SOCKET_PATH_MAX: Final = 100  # sockaddr_un holds 104 bytes on some systems, 108 on others
DEFAULT_PORT: Final = 5432
DISPOSABLE: Final[Mapping[str, str]] = {  # nothing in it outlives us, so nothing is flushed
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
TAKEN: Final = ("Address already in use", "could not create any TCP/IP sockets")
TRIES: Final = 3  # somebody may take a free port before the server does


def auth(method: str) -> str:
    """A pg_hba.conf: everybody by method (trust, password, md5, scram-sha-256), the superuser's socket by trust."""
    return f"local all {SUPERUSER} trust\nlocal all all {method}\nhost all all 127.0.0.1/32 {method}\n"


class EmbeddedPostgres:
    """One server. port: None listens on the Unix socket alone, 0 takes a free port of 127.0.0.1, else that one.
    directory: keeps the cluster there; without it the cluster is gone after stop(). settings: as postgresql.conf."""

    def __init__(
        self,
        binaries: Binaries | None = None,
        *,
        directory: Path | None = None,
        port: int | None = 0,
        settings: Mapping[str, str] | None = None,
        hba: str | None = None,
    ) -> None:
        self._found = binaries or wheel_binaries()
        self._directory = directory
        self._wanted_port = port
        self._settings = {**(DISPOSABLE if directory is None else {}), **(settings or {})}
        self._hba = hba or auth("trust")
        self._account = current_account()
        self._folder: Path | None = None
        self._guard: subprocess.Popen[str] | None = None
        self.port = port or DEFAULT_PORT

    def start(self) -> Self:
        """Make the cluster where there is none, and return when the server takes connections."""
        if self._guard is not None:
            raise EmbeddedPostgresError("this PostgreSQL runs already")
        self._folder = _private_folder()
        try:
            self._account.give(self._folder)
            self._binaries = reachable(self._found, self._account, self._folder)
            if not (self.data / "PG_VERSION").exists():
                make_cluster(self._binaries, self._account, self.data)
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the server and remove what is disposable. Harmless when it does not run."""
        self._end(guard.IMMEDIATE if self._directory is None else guard.FAST)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def restart(self, *, settings: Mapping[str, str] | None = None, hba: str | None = None) -> None:
        """Stop and start with the same data and port, and with changed settings where given."""
        self._settings.update(settings or {})
        self._hba = hba or self._hba
        self._end(guard.FAST)
        self._wanted_port = None if self._wanted_port is None else self.port
        self._launch()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def major(self) -> int:
        """The server's major version."""
        return self._found.major

    @property
    def version(self) -> str:
        """The server's version as it says itself, "18.6" or "15.19 (Debian …)"."""
        return self._found.version

    @property
    def binaries(self) -> Binaries:
        """The programs in use, which psql and pgbench may be among."""
        return self._found

    @property
    def running(self) -> bool:
        """Whether the server lives."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the server's first process."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    @property
    def folder(self) -> Path:
        """The private folder: the socket and the server's log."""
        if self._folder is None:
            raise EmbeddedPostgresError("this PostgreSQL does not run")
        return self._folder

    @property
    def data(self) -> Path:
        """The cluster's folder (PGDATA)."""
        return self._directory.absolute() if self._directory is not None else self.folder / "data"

    @property
    def log(self) -> str:
        """What the server has logged since start()."""
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def socket_path(self) -> Path:
        """The Unix socket itself."""
        return self.folder / f".s.PGSQL.{self.port}"

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """A URI over the Unix socket, as libpq and asyncpg read it."""
        where = {"host": str(self.folder), "port": str(self.port)}
        return f"postgresql://{_who(user, password)}@/{quote(database)}?{urlencode(where)}"

    def tcp_dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """A URI over TCP."""
        if self._wanted_port is None:
            raise EmbeddedPostgresError("this PostgreSQL listens on a Unix socket alone")
        return f"postgresql://{_who(user, password)}@127.0.0.1:{self.port}/{quote(database)}"

    def _launch(self) -> None:
        """A free port may be taken by another before the server takes it, so it is tried again with another one."""
        for left in reversed(range(TRIES)):
            self.port = _free_port() if self._wanted_port == 0 else (self._wanted_port or DEFAULT_PORT)
            self._write_settings()
            if self._came_up():
                return
            self._end(guard.IMMEDIATE)
            log = self.log
            if not (left and self._wanted_port == 0 and any(words in log for words in TAKEN)):
                raise self._why(log)

    def _write_settings(self) -> None:
        settings = {
            "listen_addresses": "" if self._wanted_port is None else "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            **self._settings,
        }
        lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
        for name, text in ((SETTINGS_FILE, "".join(lines)), ("pg_hba.conf", self._hba)):
            (self.data / name).write_text(text)
            self._account.give(self.data / name)

    def _came_up(self) -> bool:
        """Start the process that owns the server; whether the server is ready."""
        job = guard.Job(
            command=[str(self._binaries.postgres), "-D", str(self.data)],
            data=str(self.data),
            log=str(self.folder / "log"),
            remove=str(self.folder),
            uid=self._account.uid if self._account.switches else None,
            gid=self._account.gid,
            parent=os.getpid(),
        )
        self._guard = guard.launch(job, ENVIRONMENT)
        return guard.is_ready(self._guard)

    def _end(self, order: bytes) -> None:
        if self._guard is None:
            return
        guard.dismiss(self._guard, order)
        self._guard = None

    def _why(self, log: str) -> EmbeddedPostgresError:
        """The reason in the server's log, in one sentence."""
        if any(words in log for words in TAKEN):
            return EmbeddedPostgresError(
                f"port {self.port} of 127.0.0.1 is taken", hint="choose another, or 0 for a free one"
            )
        if FULL in log:
            return EmbeddedPostgresError("no space is left for a private PostgreSQL", hint="make room, or set TMPDIR")
        said = [line.split(":  ", 1)[1] for line in log.splitlines() if ":  " in line and "HINT" not in line]
        return EmbeddedPostgresError(
            f"PostgreSQL {self.version} did not start: {'; '.join(said[-2:]) or 'no reason given'}"
        )


def _who(user: str, password: str | None) -> str:
    return quote(user, safe="") + ("" if password is None else ":" + quote(password, safe=""))


def _quoted(value: str) -> str:
    """A value of postgresql.conf; manual, "Parameter Names and Values"."""
    return "'" + value.replace("'", "''") + "'"


def _private_folder() -> Path:
    """A new folder that only we may enter, with room in its path for a socket's name."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        try:
            folder = Path(tempfile.mkdtemp(prefix="pgw-", dir=place))
        except OSError:
            continue
        if len(str(folder)) + len("/.s.PGSQL.65535") < SOCKET_PATH_MAX:
            return folder
        folder.rmdir()
    raise EmbeddedPostgresError(
        "there is no folder for temporary files whose path is short enough for a Unix socket",
        hint="set TMPDIR to a folder with a short path",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
