"""The lane as the journal's writer: it begins a commit, and hears of its end."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from proxy.audit.format import segment_files
from proxy.audit.journal import Journal
from proxy.audit.settings import Mode
from proxy.audit.spool import Spool
from tests.audit.journals import SELECT, SESSION, WAIT_S, append, checked, execute, numbers, settings, started

ROOT = Path(__file__).parents[2]
ROOMY = 1 << 22  # a segment in which the lane has room to commit
FAILING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int asked(const char *what) { return getenv("FAIL") && strcmp(getenv("FAIL"), what) == 0; }
long syscall(long number, ...) {
    static int submitted, reaped;
    long a[6], done;
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_io_setup && asked("setup")) { errno = EPERM; return -1; }
    if (number == SYS_io_submit && asked("submit") && ++submitted % 3 == 0) { errno = EAGAIN; return -1; }
    done = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_io_getevents && done == 1 && ++reaped == 5) {
        struct io_event *event = (struct io_event *)a[3];
        if (asked("disk")) event->res = -EIO;
        if (asked("short")) event->res = 512;
    }
    return done;
}
"""
WRITING = """
import json, sys
from pathlib import Path
from tests.audit.journals import SELECT, SESSION, append, settings
from tests.audit.test_turn import ROOMY, committed
from proxy.audit.journal import Journal
journal = Journal(settings(Path(sys.argv[1]), segment_bytes=ROOMY))
journal.start()
who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
acknowledged = 0
for serial in range(1, int(sys.argv[2]) + 1):
    position = append(journal, who, what, serial)
    if position < 0 or not committed(journal.spool, position):
        break
    acknowledged = serial
    print(serial, flush=True)
again = append(journal, who, what, serial)
journal.close()
print(json.dumps({"acknowledged": acknowledged, "state": journal.spool.state, "failure": journal.failure,
                  "again": again, "driven": journal.spool.counters()["driven"]}))
"""


def committed(spool: Spool, position: int) -> bool:
    """Takes turns as a lane does until position is durable. False: it never will be."""
    woken = 0
    while spool.durable < position and spool.state == "running":
        spool.turn(woken)
        if spool.durable < position and spool.state == "running":
            ready = select.select([spool.wake_fd, spool.timer_fd], [], [], WAIT_S)[0]
            assert ready, "nothing wakes the lane"
            for descriptor in ready:
                os.read(descriptor, 8)
            woken = 1
    return spool.durable >= position


def roomy(directory: Path, mode: Mode = Mode.DURABLE) -> Journal:
    """A journal whose segments have room, begun."""
    journal = Journal(settings(directory, mode=mode, segment_bytes=ROOMY), instance="here")
    journal.start()
    return journal


def test_the_lane_commits_what_it_has_appended(tmp_path: Path) -> None:
    journal = roomy(tmp_path)
    drove = 0
    for serial in range(1, 200):
        assert committed(journal.spool, execute(journal, [serial]))
        drove += journal.spool.counters()["driven"]
    assert drove > 100  # the thread may have done some of the first
    assert numbers(tmp_path) == list(range(1, 200))
    assert checked(tmp_path).faults == []
    journal.close()
    assert checked(tmp_path).open == []
    assert numbers(tmp_path) == list(range(1, 200))


def test_nothing_is_durable_before_it_is_on_disk(tmp_path: Path) -> None:
    journal = roomy(tmp_path)
    position = execute(journal, [1])
    assert not journal.spool.turn(0)
    assert journal.spool.durable == 0
    assert committed(journal.spool, position)
    assert journal.spool.turn(1) == 0  # told once
    journal.close()


def test_a_full_segment_is_for_the_thread_and_the_lane_goes_on_in_the_next(tmp_path: Path) -> None:
    with started(settings(tmp_path, segment_bytes=120_000)) as journal:
        drove = 0
        for start in range(1, 4_000, 50):
            assert committed(journal.spool, execute(journal, range(start, start + 50)))
            drove += journal.spool.counters()["driven"]
        assert drove > 0
    assert len(segment_files(journal.directory)) > 2
    assert numbers(tmp_path) == list(range(1, 4_001))
    assert checked(tmp_path).faults == []
    assert all(path.stat().st_size < 140_000 for path in segment_files(journal.directory))


def test_segments_without_room_to_spare_are_written_all_the_same(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        for serial in range(1, 100):
            assert committed(journal.spool, execute(journal, [serial]))
    assert numbers(tmp_path) == list(range(1, 100))
    assert checked(tmp_path).faults == []


def test_a_commit_waits_for_company_until_the_timer_goes_off(tmp_path: Path) -> None:
    journal = roomy(tmp_path)
    journal.spool.running(2)
    position = execute(journal, [1])
    journal.spool.turn(0)
    assert select.select([journal.spool.timer_fd], [], [], WAIT_S)[0]
    assert journal.spool.counters()["commits"] == 0
    assert committed(journal.spool, position)
    journal.spool.running(-2)
    journal.close()


def test_what_is_under_way_when_the_journal_is_closed_is_on_disk(tmp_path: Path) -> None:
    journal = roomy(tmp_path)
    execute(journal, [1, 2])
    journal.spool.turn(0)
    execute(journal, [3])
    journal.close()
    assert numbers(tmp_path) == [1, 2, 3]
    assert checked(tmp_path).open == []


def test_who_waits_without_taking_turns_is_served_by_the_thread(tmp_path: Path) -> None:
    journal = roomy(tmp_path)
    for serial in (1, 3, 5):
        assert committed(journal.spool, execute(journal, [serial]))
        assert journal.spool.wait(execute(journal, [serial + 1]), WAIT_S)
        assert not journal.spool.counters()["driven"]
    journal.close()
    assert numbers(tmp_path) == [1, 2, 3, 4, 5, 6]


def test_a_note_from_another_thread_wakes_the_lane(tmp_path: Path) -> None:
    journal = roomy(tmp_path)
    assert committed(journal.spool, execute(journal, [1]))
    noted: list[int] = []
    thread = threading.Thread(target=lambda: noted.append(journal.note(0, 0, "reload", {})))
    thread.start()
    assert select.select([journal.spool.wake_fd], [], [], WAIT_S)[0]
    thread.join()
    assert committed(journal.spool, noted[0])
    journal.close()


def test_in_mode_async_turns_change_nothing(tmp_path: Path) -> None:
    journal = roomy(tmp_path, Mode.ASYNC)
    position = execute(journal, [1])
    assert journal.spool.turn(0) == 0
    assert journal.spool.turn(1) == 1
    assert not journal.spool.counters()["driven"]
    assert journal.spool.wait(position, WAIT_S)
    journal.close()


def test_all_that_the_lane_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITING, str(tmp_path), "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        for _ in range(300):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        acknowledged = max(acknowledged, *map(int, writer.stdout.read().split()), 0)
    (path,) = segment_files(tmp_path / "audit" / "worker-00")
    assert path.stat().st_size > 262_144  # what was reserved
    assert numbers(tmp_path)[:acknowledged] == list(range(1, acknowledged + 1))
    assert checked(tmp_path).faults == []
    with started(settings(tmp_path)) as journal:
        execute(journal, [0])
    assert checked(tmp_path).faults == []
    assert numbers(tmp_path)[-1] == 0


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("preload")
    source, library = directory / "failing.c", directory / "failing.so"
    source.write_text(FAILING)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return f"{os.environ.get('LD_PRELOAD', '')} {library}".strip()


def written(directory: Path, failing: str, what: str) -> dict[str, object]:
    """What a process says whose lane meets a failure."""
    command = [sys.executable, "-c", WRITING, str(directory), "60"]
    environment = os.environ | {"LD_PRELOAD": failing, "FAIL": what}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, timeout=60, check=True)
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.parametrize("what", ["setup", "submit", "short"])
def test_where_the_lane_cannot_write_the_thread_does(tmp_path: Path, failing: str, what: str) -> None:
    said = written(tmp_path, failing, what)
    assert (said["acknowledged"], said["state"], said["failure"]) == (60, "closed", "")
    assert numbers(tmp_path) == [*range(1, 61), 60]  # `again` is one more
    assert checked(tmp_path).faults == []


def test_a_disk_that_fails_stops_the_journal_and_is_not_asked_again(tmp_path: Path, failing: str) -> None:
    said = written(tmp_path, failing, "disk")
    assert (said["state"], said["failure"], said["again"]) == ("failed", "writing: Input/output error", -1)
    assert said["acknowledged"] in range(4, 60)  # the thread may have done some of the first commits
    assert numbers(tmp_path)[: int(str(said["acknowledged"]))] == list(range(1, int(str(said["acknowledged"])) + 1))


def test_what_was_defined_before_is_in_a_segment_that_the_lane_fills(tmp_path: Path) -> None:
    journal = roomy(tmp_path)
    who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
    assert committed(journal.spool, append(journal, who, what, 1))
    assert journal.spool.release_session(who)
    other = journal.define_session(SESSION)
    assert committed(journal.spool, append(journal, other, what, 2))
    journal.close()
    assert numbers(tmp_path) == [1, 2]
