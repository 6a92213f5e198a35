"""A disk that fails: the journal stops, says so, and never calls durable what is not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit.journals import checked, numbers

ROOT = Path(__file__).parents[2]
FAILING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/uio.h>
/* What makes data durable fails once, the FAIL_AT-th time, and then seems well again, as Linux does. */
static int fails(void) {
    static int calls;
    if (++calls != atoi(getenv("FAIL_AT"))) return 0;
    errno = EIO;
    return 1;
}
int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return fails() ? -1 : real(fd);
}
ssize_t pwritev64v2(int fd, const struct iovec *pieces, int count, off_t offset, int flags) {
    ssize_t (*real)(int, const struct iovec *, int, off_t, int) =
        (ssize_t (*)(int, const struct iovec *, int, off_t, int))dlsym(RTLD_NEXT, "pwritev64v2");
    if (getenv("NO_DIRECT") != NULL) { errno = EINVAL; return -1; }
    return fails() ? -1 : real(fd, pieces, count, offset, flags);
}
"""
WRITING = """
import json, resource, sys
from pathlib import Path
from tests.audit.journals import append, settings, SELECT, SESSION, WAIT_S
from proxy.audit.journal import Journal
from proxy.errors import WardenError
directory, limit = Path(sys.argv[1]), int(sys.argv[2])
journal = Journal(settings(directory, segment_bytes=int(sys.argv[3])))
journal.start()
who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
acknowledged = 0
for serial in range(1, 2000):
    position = append(journal, who, what, serial)
    if position < 0 or not journal.spool.wait(position, WAIT_S):
        break
    acknowledged = serial
again = append(journal, who, what, serial)
try:
    journal.note(0, 0, "end", {})
    note = ""
except WardenError as error:
    note = str(error)
journal.close()
print(json.dumps({"acknowledged": acknowledged, "again": again, "note": note, "state": journal.spool.state,
                  "failure": journal.failure, "durable": journal.spool.durable}))
"""
NO_LIMIT = -1
WAYS: dict[str, dict[str, str]] = {"direct": {}, "through the page cache": {"NO_DIRECT": "1"}}
FAILS: dict[str, str] = {
    "direct": "writing: Input/output error",
    "through the page cache": "syncing: Input/output error",
}


def run(
    directory: Path, environment: dict[str, str] | None = None, *, limit: int = NO_LIMIT, segment: int = 1 << 20
) -> dict[str, Any]:
    """What a writing process says that meets a failure."""
    command = [sys.executable, "-c", WRITING, str(directory), str(limit), str(segment)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | (environment or {}), stdout=subprocess.PIPE, timeout=60, check=True
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def failing_at(library: str, number: int, way: str) -> dict[str, str]:
    """The environment in which what makes data durable fails for the numberth time."""
    return {"LD_PRELOAD": library, "FAIL_AT": str(number)} | WAYS[way]


@pytest.fixture(scope="module")
def failing_sync(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("preload")
    source, library = directory / "failing.c", directory / "failing.so"
    source.write_text(FAILING)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return f"{os.environ.get('LD_PRELOAD', '')} {library}".strip()


def test_a_failing_write_stops_the_journal(tmp_path: Path) -> None:
    said = run(tmp_path, limit=20_480)
    assert (said["again"], said["state"], said["failure"]) == (-1, "failed", "writing: File too large")
    assert "File too large" in said["note"]
    assert numbers(tmp_path)[: said["acknowledged"]] == list(range(1, said["acknowledged"] + 1))


def test_no_room_for_the_next_segment_stops_the_journal(tmp_path: Path) -> None:
    said = run(tmp_path, limit=4_200, segment=4_096)
    assert (said["again"], said["state"]) == (-1, "failed")
    assert said["acknowledged"] > 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fail_at", [2, 3, 10, 30])
def test_a_failing_sync_is_never_retried_as_if_it_had_worked(
    tmp_path: Path, failing_sync: str, fail_at: int, way: str
) -> None:
    said = run(tmp_path, failing_at(failing_sync, fail_at, way))
    assert (said["again"], said["state"], said["failure"]) == (-1, "failed", FAILS[way])
    assert said["durable"] == said["acknowledged"] < fail_at


@pytest.mark.parametrize("way", WAYS)
def test_a_failing_sync_at_the_start_of_a_segment_stops_the_journal(
    tmp_path: Path, failing_sync: str, way: str
) -> None:
    counted = [run(tmp_path / str(at), failing_at(failing_sync, at, way), segment=4_096) for at in range(42, 57)]
    assert {said["failure"].split(": ")[1] for said in counted} == {"Input/output error"}
    assert all(said["state"] == "failed" and said["durable"] == said["acknowledged"] for said in counted)


@pytest.mark.parametrize("way", WAYS)
def test_what_was_acknowledged_before_a_failure_is_intact_after_it(tmp_path: Path, failing_sync: str, way: str) -> None:
    said = run(tmp_path, failing_at(failing_sync, 20, way))
    assert len(numbers(tmp_path)) >= said["acknowledged"]
    assert checked(tmp_path).faults == []
    assert run(tmp_path, limit=30_000)["acknowledged"] > 0  # the next start recovers
    assert checked(tmp_path).recovered != []


@pytest.mark.parametrize(
    ("fail_at", "message"), [("1", "Input/output error")], ids=["the very first segment cannot be synced"]
)
def test_a_journal_that_cannot_begin_says_why(tmp_path: Path, failing_sync: str, fail_at: str, message: str) -> None:
    environment = os.environ | {"LD_PRELOAD": failing_sync, "FAIL_AT": fail_at}
    command = [sys.executable, "-c", WRITING, str(tmp_path), "-1", "4096"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert "JournalUnavailable" in done.stderr
