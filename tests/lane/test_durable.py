"""Durable: no byte of a result reaches the client before its record is on disk."""

from pathlib import Path

import pytest

from proxy.audit.journal import Journal
from proxy.audit.record import Record
from proxy.audit.spool import Spool
from proxy.lane import verdict as lane
from proxy.lane.verdict import Verdict
from proxy.wire.frame import pack
from proxy.wire.messages.copy import CopyData, CopyDone
from tests.audit.journals import SELECT as FACTS
from tests.audit.journals import SESSION, WAIT_S, found, settings, started
from tests.lane.playbook import (
    BOUND,
    PARSED,
    READY,
    REFUSAL,
    SYNC,
    Play,
    batch,
    complete,
    described,
    error,
    query,
    row,
)

SELECT, BAD = "select a from t", "select secret from t"
ROWS = described((0, 0)) + row(b"x") * 3 + complete("SELECT 3")
COPY_IN = pack(b"G", b"\0\0\0")
NEVER = b'{"session":"s"}'


def recorded(statement: int) -> Verdict:
    """Passes and is recorded."""
    return Verdict(flags=lane.COPY, statement=statement)


def forbidden(statement: int) -> Verdict:
    """Is refused and recorded."""
    return Verdict(flags=lane.REFUSE, error=REFUSAL, statement=statement)


def played(spool: Spool, session: int, statement: int) -> Play:
    """A session that records SELECT, which passes, and BAD, which does not."""
    known = {SELECT: recorded(statement), BAD: forbidden(statement)}
    return Play(known, spool=spool, identity=session)


def written(journal: Journal) -> Play:
    """A session that a journal writes down."""
    return played(journal.spool, journal.define_session(SESSION), journal.define_statement(FACTS))


def stuck(buffer_bytes: int = 1 << 20) -> Play:
    """A session whose journal takes entries and never writes them."""
    spool = Spool("durable", buffer_bytes=buffer_bytes)
    return played(spool, spool.define_session(NEVER), spool.define_statement(NEVER))


def waited(play: Play, journal: Journal, position: int) -> bytes:
    """What the client gets when the journal has come so far."""
    assert journal.spool.wait(position, WAIT_S)
    return play.session.take_client()


def outcomes(records: list[Record]) -> list[tuple[str, int | None, str | None]]:
    """Of records: outcome, rows, SQLSTATE."""
    return [(record.outcome, record.rows, record.sqlstate) for record in records]


@pytest.mark.parametrize("size", [pytest.param(1 << 20, id="whole"), pytest.param(1, id="byte by byte")])
def test_nothing_of_a_result_leaves_before_its_record_is_on_disk(size: int) -> None:
    play, said = stuck(), ROWS + READY
    play.client(query(SELECT))
    assert b"".join(play.server(said[at : at + size]) for at in range(0, len(said), size)) == b""


def test_it_leaves_when_the_record_is_on_disk(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        play = written(journal)
        play.client(query(SELECT))
        early = play.server(ROWS + READY)
        assert early + waited(play, journal, 1) == ROWS + READY
    assert outcomes(found(tmp_path)) == [("ok", 3, None)]


def test_what_comes_before_the_result_of_a_batch_does_not_wait() -> None:
    play = stuck()
    play.client(batch(SELECT) + SYNC)
    assert play.server(PARSED + BOUND + row(b"x")) == PARSED + BOUND
    assert play.server(complete() + READY) == b""


def test_the_results_of_a_pipeline_leave_in_order(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        play, said = written(journal), (PARSED + BOUND + row(b"x") + complete() + READY) * 3
        play.client((batch(SELECT) + SYNC) * 3)
        heard = b"".join(play.server(said[at : at + 5]) for at in range(0, len(said), 5))
        assert said.startswith(heard)
        assert heard + waited(play, journal, 3) == said


def test_a_large_result_is_opened_in_the_journal_and_then_streams(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        play, rows = written(journal), described((0, 0)) + row(b"x" * 1000) * 70
        play.client(query(SELECT))
        assert play.server(rows[:60_000]) == b""
        assert journal.spool.counters()["appended"] == 0
        early = play.server(rows[60_000:])
        assert early + waited(play, journal, 1) == rows
        assert play.server(row(b"y")) == row(b"y")
        early = play.server(complete("SELECT 71") + READY)
        assert early + waited(play, journal, 2) == complete("SELECT 71") + READY
    assert outcomes(found(tmp_path)) == [("ok", 71, None)]


def test_a_stream_that_is_open_on_a_journal_that_does_not_write_sends_nothing() -> None:
    play = stuck()
    play.client(query(SELECT))
    assert play.server(described((0, 0)) + row(b"x" * 1000) * 200) == b""


def test_copy_in_is_opened_at_once_because_the_client_waits_for_it(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        play = written(journal)
        play.client(query(SELECT))
        early = play.server(COPY_IN)
        assert early + waited(play, journal, 1) == COPY_IN
        play.client(CopyData(b"1\n").encode() + CopyDone().encode())
        early = play.server(complete("COPY 1") + READY)
        assert early + waited(play, journal, 2) == complete("COPY 1") + READY
    assert outcomes(found(tmp_path)) == [("ok", 1, None)]


def test_a_refusal_is_told_when_it_is_on_disk(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        play = written(journal)
        play.client(query(BAD))
        assert waited(play, journal, 1) == REFUSAL + READY
    assert outcomes(found(tmp_path)) == [("refused", 0, "42501")]


def test_a_refusal_that_nobody_wrote_down_is_not_told() -> None:
    play = stuck()
    play.client(query(BAD))
    assert play.session.take_client() == b""


def test_an_error_is_told_when_it_is_on_disk(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        play = written(journal)
        play.client(query(SELECT))
        early = play.server(described((0, 0)) + row(b"x") + error() + READY)
        assert early + waited(play, journal, 1) == described((0, 0)) + row(b"x") + error() + READY
    assert outcomes(found(tmp_path)) == [("error", 1, "22012")]


def test_a_journal_that_is_full_ends_the_session_with_nothing_unrecorded_sent() -> None:
    play, rounds = stuck(buffer_bytes=1024), 0
    while not play.session.failed:
        play.client(query(SELECT))
        assert play.server(ROWS + READY) == b""
        rounds += 1
    assert rounds < 100
    assert play.session.failed == "the audit journal takes no more entries"
    assert play.session.take_client() == b""


@pytest.mark.parametrize("said", [query(SELECT), query(BAD)])
def test_a_journal_that_is_closed_ends_the_session(said: bytes, tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        play = written(journal)
    play.client(said)
    play.session.feed_server(ROWS + READY)
    assert play.session.take_client() == b""
    assert play.session.failed == "the audit journal takes no more entries"
