"""The entrance: what it promises to the lane."""

import os
import select
import threading
from pathlib import Path

import pytest

from proxy.audit.format import segment_files
from proxy.audit.settings import Mode
from proxy.audit.spool import Spool
from tests.audit.journals import WAIT_S, append, checked, execute, numbers, settings, started

FACTS = b'{"session":"s"}'


def test_positions_grow_from_one_and_become_durable_in_order(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        positions = [execute(journal, [serial]) for serial in range(1, 6)]
        assert positions == [1, 2, 3, 4, 5]
        assert journal.spool.wait(3, WAIT_S)
        assert journal.spool.durable >= 3
        assert journal.spool.wait(5, WAIT_S)


def test_what_is_durable_is_on_disk_before_anyone_is_told(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        assert journal.spool.wait(execute(journal, range(1, 40)), WAIT_S)
        assert numbers(tmp_path) == list(range(1, 40))


def test_a_commit_wakes_who_watches_the_descriptor(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        position = execute(journal, [1])
        assert select.select([journal.spool.wake_fd], [], [], WAIT_S)[0]
        assert os.eventfd_read(journal.spool.wake_fd) >= 1
        assert journal.spool.durable == position


def test_a_commit_waits_for_statements_under_way_but_not_for_ever(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        journal.spool.running(2)
        assert journal.spool.wait(execute(journal, [1]), WAIT_S)  # nobody came
        journal.spool.running(-2)
        assert journal.spool.wait(execute(journal, [2, 3]), WAIT_S)
    assert numbers(tmp_path) == [1, 2, 3]


def test_in_mode_async_an_entry_waits_at_most_for_the_configured_time(tmp_path: Path) -> None:
    with started(settings(tmp_path, mode=Mode.ASYNC, flush_ms=1)) as journal:
        assert journal.spool.wait(execute(journal, [1]), WAIT_S)


def test_in_mode_async_an_entry_waits_until_it_is_hurried(tmp_path: Path) -> None:
    with started(settings(tmp_path, mode=Mode.ASYNC, flush_ms=60_000)) as journal:
        position = execute(journal, [1])
        assert journal.spool.durable == 0
        journal.spool.hurry()
        assert journal.spool.wait(position, WAIT_S)


def test_in_mode_async_a_buffer_that_is_half_full_is_written(tmp_path: Path) -> None:
    with started(settings(tmp_path, mode=Mode.ASYNC, flush_ms=60_000, buffer_bytes=65_536)) as journal:
        execute(journal, range(1, 150))
        assert journal.spool.wait(1, WAIT_S)


def test_mode_off_counts_and_writes_nothing(tmp_path: Path) -> None:
    with started(settings(tmp_path, mode=Mode.OFF)) as journal:
        assert execute(journal, [1, 2, 3]) == 3
        assert journal.spool.durable == 3
        assert journal.metrics()["pgwarden_journal_records"] == 3
    assert list(tmp_path.iterdir()) == []


def test_a_full_spool_refuses_and_loses_nothing_that_it_took(tmp_path: Path) -> None:
    with started(settings(tmp_path, mode=Mode.ASYNC, flush_ms=60_000, buffer_bytes=65_536)) as journal:
        execute(journal, [1])
    spool = Spool("durable", buffer_bytes=4096)  # not begun: nothing takes items out
    session, statement = spool.define_session(FACTS), spool.define_statement(FACTS)
    taken = spool.append_repeatedly(1000, session=session, statement=statement)
    assert 0 < taken < 1000
    assert spool.append(session=session, statement=statement) == -1
    assert spool.note(0, 0, 0, b"{}" * 200) == -1
    assert spool.counters()["refused"] == 3
    assert spool.counters()["pending"] <= 4096
    assert numbers(tmp_path) == [1]


def test_memory_is_bounded_whatever_a_statement_brings() -> None:
    spool = Spool("durable", buffer_bytes=65_536)
    session, statement = spool.define_session(FACTS), spool.define_statement(FACTS)
    many = [(b"x" * 100, 0)] * 5000
    assert spool.append(many, session=session, statement=statement, values_as=1) == 1
    assert spool.counters()["pending"] <= 65_536 // 16 + 200


@pytest.mark.parametrize("wrong", [{"session": 0}, {"session": 7}, {"statement": 0}, {"statement": 7}])
def test_a_reference_that_nobody_defined_is_refused(wrong: dict[str, int]) -> None:
    spool = Spool("durable")
    right: dict[str, int] = {"session": spool.define_session(FACTS), "statement": spool.define_statement(FACTS)}
    assert spool.append((), **(right | wrong)) == -1
    assert spool.append((), **right) == 1


def test_a_released_reference_is_refused_and_given_again_when_its_entries_are_on_disk(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        spool = journal.spool
        first, statement = spool.define_session(FACTS), spool.define_statement(FACTS)
        position = append(journal, first, statement, 1)
        assert spool.release_session(first)
        assert not spool.release_session(first)
        assert append(journal, first, statement, 2) == -1
        other = spool.define_session(FACTS)
        assert spool.wait(position, WAIT_S)
        assert spool.wait(append(journal, other, statement, 3), WAIT_S)
        assert spool.define_session(FACTS) == first


def test_definitions_are_refused_when_their_number_is_reached() -> None:
    spool = Spool("durable")
    references = [spool.define_statement(b"{}") for _ in range(1_048_576)]
    assert references[-1] == 1_048_576
    assert spool.define_statement(b"{}") == 0
    assert spool.define_session(b"{}") == 1


def test_a_closed_spool_refuses(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        execute(journal, [1])
    assert journal.spool.state == "closed"
    assert journal.spool.append(session=1, statement=1) == -1
    assert not journal.spool.wait(2, WAIT_S)
    journal.close()


def test_a_spool_that_is_dropped_ends_its_thread_and_seals(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        execute(journal, range(1, 5))
        before = threading.active_count()
        journal.spool.stop()
        journal.spool.stop()
        assert threading.active_count() == before  # the writer is none of Python's
    assert checked(tmp_path).open == []


@pytest.mark.parametrize("mode", [Mode.DURABLE, Mode.ASYNC])
def test_many_threads_may_append_while_the_writer_writes(tmp_path: Path, mode: Mode) -> None:
    each, threads = 3_000, 4
    with started(settings(tmp_path, mode=mode, flush_ms=1, buffer_bytes=65_536, segment_bytes=65_536)) as journal:
        spool = journal.spool
        statement = spool.define_statement(FACTS)

        def run(name: int) -> None:
            session = spool.define_session(b'{"session":"s%d"}' % name)
            for serial in range(1, each + 1):
                while (position := spool.append(session=session, statement=statement, serial=serial)) < 0:
                    spool.hurry()
                    spool.wait(spool.durable + 1, WAIT_S)
            spool.release_session(session)
            spool.wait(position, WAIT_S)

        running = [threading.Thread(target=run, args=(name,)) for name in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert spool.counters()["appended"] == each * threads
    answer = checked(tmp_path)
    assert answer.faults == []
    assert answer.entries >= each * threads


def test_a_segment_stands_alone(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        execute(journal, range(1, 300))
    files = segment_files(journal.directory)
    assert len(files) > 3
    for path in files[:2]:
        path.unlink()
    assert numbers(tmp_path) == list(range(numbers(tmp_path)[0], 300))


@pytest.mark.parametrize("given", [{"mode": "strict"}, {"digest_key": b""}, {"buffer_bytes": 1}])
def test_a_spool_that_cannot_be_is_not_built(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="mode"):
        Spool(**given)  # type: ignore[arg-type]  # wrong on purpose
