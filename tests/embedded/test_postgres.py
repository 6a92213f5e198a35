"""The private PostgreSQL: it starts anywhere, ends with its parent, and says in one sentence what is wrong."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from proxy.embedded.binaries import directory_binaries, wheel_binaries
from proxy.embedded.cache import copy_tree
from proxy.embedded.postgres import EmbeddedPostgres, auth
from proxy.errors import EmbeddedPostgresError
from tests.support import ends

pytestmark = pytest.mark.server  # each test starts its own

PARENT = """
import sys
from proxy.embedded.postgres import EmbeddedPostgres
with EmbeddedPostgres() as server:
    {then}
    print(server.pid, server.folder, flush=True)
    sys.stdin.read()
"""


def ask(dsn: str, question: str = "select 1") -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
    return None if row is None else row[0]


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


def parent(then: str = "pass") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def link(old: str, new: str) -> None:
    """A copy that takes no room, where that can be."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)


def told(process: "subprocess.Popen[str]") -> tuple[int, Path]:
    """The server's process and its folder, as the parent prints them."""
    pid, folder = str(process.stdout and process.stdout.readline()).split()
    return int(pid), Path(folder)


def guard_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("PPid:")[1].split()[0])


def test_it_answers_on_its_unix_socket_and_on_tcp(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres.dsn()) == ask(postgres.tcp_dsn()) == 1


def test_the_version_it_names_is_the_servers(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres.dsn(), "show server_version") == postgres.version


def test_every_version_answers_as_itself(any_server: EmbeddedPostgres) -> None:
    assert ask(any_server.dsn(), "show server_version") == any_server.version
    assert str(any_server.version).startswith(str(any_server.major))


def test_the_socket_has_a_short_path_in_a_folder_that_nobody_else_may_enter(postgres: EmbeddedPostgres) -> None:
    assert len(str(postgres.socket_path)) < 100
    assert postgres.socket_path.is_socket()
    assert postgres.folder.stat().st_mode & 0o077 == 0


def test_the_server_never_runs_as_root(postgres: EmbeddedPostgres) -> None:
    assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0


def test_without_a_port_it_listens_on_its_unix_socket_alone() -> None:
    with EmbeddedPostgres(port=None) as server:
        assert ask(server.dsn(), "show listen_addresses") == ""
        with pytest.raises(EmbeddedPostgresError, match="Unix socket alone"):
            server.tcp_dsn()


def test_settings_are_those_given() -> None:
    with EmbeddedPostgres(port=None, settings={"work_mem": "7MB", "application_name": "it's"}) as server:
        assert ask(server.dsn(), "show work_mem") == "7MB"


@pytest.mark.parametrize("method", ["scram-sha-256", "md5", "password"])
def test_a_password_is_asked_for_by_the_method_given(method: str) -> None:
    settings = {"password_encryption": "md5" if method == "md5" else "scram-sha-256"}
    with EmbeddedPostgres(hba=auth(method), settings=settings) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create role alice login password 'open sesame'")
        assert ask(server.tcp_dsn(user="alice", password="open sesame")) == 1
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(server.tcp_dsn(user="alice", password="wrong"))


def test_stop_leaves_neither_process_nor_file() -> None:
    server = EmbeddedPostgres().start()
    pid, folder = server.pid, server.folder
    server.stop()
    assert ends(pid)
    assert not folder.exists()
    assert not server.running


def test_stop_is_harmless_without_start() -> None:
    server = EmbeddedPostgres()
    server.stop()
    assert not server.running


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_the_server_ends_when_its_parent_is_killed(number: signal.Signals) -> None:
    with parent() as process:
        pid, folder = told(process)
        guard = guard_of(pid)
        process.send_signal(number)
        process.communicate()
    assert ends(pid)
    assert ends(guard)
    assert not folder.exists()


def test_the_server_ends_when_parent_and_guard_are_killed_together() -> None:
    with parent() as process:
        pid, folder = told(process)
        process.kill()
        os.kill(guard_of(pid), signal.SIGKILL)
        process.communicate()
    assert ends(pid)
    shutil.rmtree(folder)  # nobody was left to do it


def test_the_server_ends_when_its_parent_is_killed_but_a_forked_child_holds_the_pipe() -> None:
    with parent("import os; child = os.fork()\n    if not child: sys.stdin.read(); os._exit(0)") as process:
        pid, _ = told(process)
        process.kill()
        assert ends(pid)


def test_a_cluster_in_a_given_directory_outlives_the_server() -> None:
    with EmbeddedPostgres() as outer:  # its folder is one that the server's account may enter
        directory = outer.folder / "kept"
        server = EmbeddedPostgres(directory=directory)
        with server, psycopg.connect(server.dsn()) as connection:
            connection.execute("create table kept as select 42 as answer")
        with server:
            assert ask(server.dsn(), "select answer from kept") == 42


def test_restart_keeps_data_and_port() -> None:
    with EmbeddedPostgres() as server:
        with psycopg.connect(server.dsn()) as connection:
            connection.execute("create table kept as select 42 as answer")
        port = server.port
        server.restart(settings={"max_connections": "33"})
        assert server.port == port
        assert ask(server.tcp_dsn(), "select answer from kept") == 42
        assert ask(server.tcp_dsn(), "show max_connections") == "33"


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedPostgresError, match=rf"^port {port} of 127\.0\.0\.1 is taken$"):
            EmbeddedPostgres(port=port).start()


def test_a_bad_setting_is_named() -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"did not start: .*no_such_setting"):
        EmbeddedPostgres(port=None, settings={"no_such_setting": "1"}).start()


def test_missing_programs_are_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="does not hold PostgreSQL's initdb and postgres"):
        directory_binaries(tmp_path)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PGWARDEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(EmbeddedPostgresError, match=r"^the cache cannot be written in .*: Not a directory$"):
        EmbeddedPostgres(port=None).start()


def test_a_copy_is_whole_or_absent(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").touch()
    os.mkfifo(tmp_path / "old" / "what cannot be copied")
    with pytest.raises(EmbeddedPostgresError, match="new cannot be filled"):
        copy_tree(tmp_path / "old", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_long_path_for_temporary_files_is_not_used_for_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with EmbeddedPostgres(port=None) as server:
        assert not server.folder.is_relative_to(long)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["by way of the cache", "with a cache that is closed too"])
def test_programs_below_a_folder_of_roots_are_copied_to_where_the_servers_account_can_run_them(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = wheel_binaries()
    for tree in original.trees:
        place = tmp_path / "closed" / tree.relative_to(original.trees[0].parents[1])
        shutil.copytree(tree, place, symlinks=True, copy_function=link)
    with tempfile.TemporaryDirectory(prefix="pgw-test-") as cache:  # pytest's own folders are closed to others
        Path(cache).chmod(mode)
        monkeypatch.setenv("PGWARDEN_CACHE", cache)
        monkeypatch.setattr(sys, "path", [str(tmp_path / "closed")])
        hidden = wheel_binaries()
        assert hidden.directory.is_relative_to(tmp_path)
        with EmbeddedPostgres(hidden) as server:
            assert ask(server.dsn()) == 1
