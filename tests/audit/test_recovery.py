"""What a crash leaves, and what the next start makes of it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.audit.diagnose import BLOCK
from proxy.audit.format import HEAD_BYTES, segment_files
from proxy.audit.journal import Journal
from proxy.audit.scan import entries
from proxy.errors import ConfigError, JournalDamaged, JournalUnavailable
from tests.audit.journals import SELECT, SESSION, append, checked, execute, found, numbers, settings, started, write

ROUNDS = 10
WRITING = """
import random, sys
from pathlib import Path
from tests.audit.journals import append, settings, SELECT, SESSION
from proxy.audit.journal import Journal
journal = Journal(settings(Path(sys.argv[1]), segment_bytes=16384))
journal.start()
who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
serial = int(sys.argv[2])
while True:
    for _ in range(random.randrange(1, 20)):
        serial += 1
        position = append(journal, who, what, serial)
    journal.spool.wait(position, 30)
    print(serial, flush=True)
"""


def unsealed(directory: Path, count: int) -> Path:
    """A journal whose writer was killed between two commits: the last segment, without its seal."""
    path = write(directory, count)[-1]
    data = path.read_bytes()
    places, _ = entries(data, HEAD_BYTES)
    path.write_bytes(data[: places[-1][2]])
    return path


def test_all_that_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    acknowledged = 0
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", WRITING, str(tmp_path), str(acknowledged)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as writer:
            assert writer.stdout is not None
            for _ in range(1 + os.urandom(1)[0] % 30):
                acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            acknowledged = max(acknowledged, *map(int, writer.stdout.read().split()), 0)
        written = numbers(tmp_path)
        assert written[-1] >= acknowledged
        acknowledged = written[-1]
    assert written == list(range(1, acknowledged + 1))
    with started(settings(tmp_path)):
        answer = checked(tmp_path)
    assert answer.faults == []
    assert len(answer.recovered) == ROUNDS


def test_a_tail_torn_at_any_byte_is_cut_at_the_last_whole_entry_and_marked(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    path = unsealed(whole, 2)
    data = path.read_bytes()
    places, _ = entries(data, HEAD_BYTES)
    for end in range(places[-2][2], len(data)):
        torn = tmp_path / f"torn{end}"
        shutil.copytree(whole, torn)
        last = torn / path.relative_to(whole)
        last.write_bytes(data[:end])
        kept = max(place[3] for place in places if place[3] <= end)
        assert checked(torn).faults == []
        with started(settings(torn)) as journal:
            assert journal.recovered is not None
            assert (journal.recovered.cut_at, journal.recovered.cut_bytes) == (kept, end - kept)
            execute(journal, [7])
        assert last.stat().st_size == kept
        assert checked(torn).faults == []
        assert numbers(torn)[-1] == 7
        shutil.rmtree(torn)


def test_a_tail_of_zeros_is_room_that_was_never_written(tmp_path: Path) -> None:
    path = unsealed(tmp_path, 5)
    with path.open("ab") as file:
        file.write(bytes(3 * BLOCK - path.stat().st_size % BLOCK))
    assert checked(tmp_path).faults == []
    with started(settings(tmp_path)) as journal:
        assert journal.recovered is not None
        assert journal.recovered.cut_bytes == 0
    assert numbers(tmp_path) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [0, 1, 255])
def test_a_segment_that_never_got_its_head_is_made_again(tmp_path: Path, size: int) -> None:
    path = write(tmp_path, 3)[-1]
    begun = path.with_name("000000000002.pgwj")
    begun.write_bytes(path.read_bytes()[:size])
    assert checked(tmp_path).faults == []
    with started(settings(tmp_path)) as journal:
        execute(journal, [4])
        assert "did not end cleanly" in journal.describe()
    assert segment_files(journal.directory)[-1] == begun
    assert numbers(tmp_path) == [1, 2, 3, 4]
    assert checked(tmp_path).faults == []


def test_damage_that_no_crash_makes_stops_the_start_and_nothing_is_cut(tmp_path: Path) -> None:
    path = unsealed(tmp_path, 9)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamaged, match="not what was written"):
        Journal(settings(tmp_path)).start()
    assert path.read_bytes() == data


def test_what_a_client_puts_into_a_value_does_not_look_like_an_entry_behind_a_torn_tail(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as other:
        execute(other, [1])
    data = segment_files(other.directory)[0].read_bytes()
    places, _ = entries(data, HEAD_BYTES)
    copied = data[places[0][2] : places[0][3]]  # an entry of this very journal, as a value
    with started(settings(tmp_path)) as journal:
        who, what = journal.spool.define_session(b'{"session":"s"}'), journal.spool.define_statement(b"{}")
        journal.spool.append([(copied, 1)], session=who, statement=what, values_as=1)
    path = segment_files(journal.directory)[-1]
    data = path.read_bytes()
    places, _ = entries(data, HEAD_BYTES)
    path.write_bytes(data[: places[-2][3] - 1])
    with started(settings(tmp_path)) as journal:
        assert journal.recovered is not None
        assert journal.recovered.entries == 2


def test_statements_open_at_a_crash_have_an_unknown_outcome(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        who, what = journal.define_session(SESSION), journal.define_statement(SELECT)
        append(journal, who, what, 1, part=1)
    with started(settings(tmp_path)) as journal:
        execute(journal, [2])
    assert [(record.outcome, record.rows) for record in found(tmp_path)] == [("unknown", None), ("ok", 1)]


def test_a_second_process_does_not_write_the_same_chain(tmp_path: Path) -> None:
    with started(settings(tmp_path)), pytest.raises(JournalUnavailable, match="another process"):
        Journal(settings(tmp_path)).start()


def test_another_key_does_not_continue_the_chain(tmp_path: Path) -> None:
    write(tmp_path, 3)
    (tmp_path / "audit.key").write_text("ab" * 32)
    with pytest.raises(ConfigError, match="another key"):
        Journal(settings(tmp_path)).start()


def test_workers_have_chains_of_their_own(tmp_path: Path) -> None:
    with started(settings(tmp_path), 0) as one, started(settings(tmp_path), 1) as two:
        execute(one, [1, 3])
        execute(two, [2, 4])
    assert numbers(tmp_path) == [1, 2, 3, 4]
    assert [(record.worker, record.seq) for record in found(tmp_path)] == [(0, 3), (0, 3), (0, 4), (0, 4)]
    assert checked(tmp_path).workers == 2
