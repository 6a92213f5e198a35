"""The journal's key, and the journal's start."""

import base64
import os
import stat
import threading
from pathlib import Path

import msgspec
import pytest

from proxy.audit.facts import SessionFacts
from proxy.audit.journal import Journal
from proxy.audit.keys import derive, open_key, read_key, read_key_file
from proxy.audit.settings import AuditSettings, Mode
from proxy.errors import ConfigError, InvariantBroken, JournalUnavailable
from proxy.observe.catalogue import METRICS
from proxy.observe.metrics import Sources
from tests.audit.journals import SESSION, execute, settings, started

KEY = bytes(range(32))


def test_the_first_start_makes_a_key_that_nobody_else_reads(tmp_path: Path) -> None:
    opened = open_key(settings(tmp_path))
    assert opened.made
    assert opened.path == tmp_path / "audit.key"
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [opened.path]


def test_the_next_start_uses_it(tmp_path: Path) -> None:
    first, second = open_key(settings(tmp_path)), open_key(settings(tmp_path))
    assert (second.made, second.keys) == (False, first.keys)


def test_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    opened = []
    threads = [threading.Thread(target=lambda: opened.append(open_key(settings(tmp_path)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.keys.chain for one in opened}) == 1


@pytest.mark.parametrize(
    "content", [KEY, KEY.hex().encode(), KEY.hex().upper().encode() + b"\n", base64.b64encode(KEY)]
)
def test_a_key_is_read_in_each_of_its_forms(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "k").write_bytes(content)
    assert read_key_file(tmp_path / "k") == derive(KEY)


@pytest.mark.parametrize("content", [b"", b"short", KEY + b"x", KEY.hex().encode()[:-1], b"x" * 10_000])
def test_what_is_no_key_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(ConfigError, match="expected a key"):
        read_key_file(tmp_path / "k")


def test_a_key_that_the_settings_name_is_never_made(tmp_path: Path) -> None:
    named = msgspec.structs.replace(settings(tmp_path), key=tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="cannot be read"):
        open_key(named)


def test_reading_never_makes_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_key(settings(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_journals_key_is_not_the_mask_key(tmp_path: Path) -> None:
    (tmp_path / "audit.key").write_bytes(KEY)
    with pytest.raises(ConfigError, match="mask key"):
        Journal(settings(tmp_path), mask_keys=[KEY])


def test_keys_for_different_uses_differ() -> None:
    keys = derive(KEY)
    assert len({KEY, keys.chain, keys.digests}) == 3
    assert not keys.chain.startswith(keys.check)


def test_a_key_shows_nowhere(tmp_path: Path) -> None:
    opened = open_key(settings(tmp_path))
    assert opened.keys.chain.hex() not in repr(opened)
    assert repr(opened.keys) == "ChainKeys()"


def test_a_key_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be made"):
        open_key(AuditSettings(directory=tmp_path / "file/audit"))


def test_the_start_says_where_records_and_key_are(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        said = journal.describe()
        assert "durable" in said
        assert "audit.key, made now" in said
    with started(settings(tmp_path)) as journal:
        assert "made now" not in journal.describe()
        assert "cleanly" not in journal.describe()
    assert Journal(settings(tmp_path, mode=Mode.OFF)).describe() == "audit: off, no record is written"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    open_key(settings(tmp_path))
    (tmp_path / "audit").write_bytes(b"in the way")
    with pytest.raises(JournalUnavailable, match="cannot be written"):
        Journal(settings(tmp_path)).start()


def test_a_journal_that_did_not_start_lets_the_folder_go(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        execute(journal, [1])
    key = (tmp_path / "audit.key").read_bytes()
    (tmp_path / "audit.key").write_text("ab" * 32)
    with pytest.raises(ConfigError, match="another key"):
        Journal(settings(tmp_path)).start()
    (tmp_path / "audit.key").write_bytes(key)
    with started(settings(tmp_path)) as journal:
        execute(journal, [2])


def test_descriptors_do_not_leak(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        execute(journal, range(1, 200))
    before = len(os.listdir("/proc/self/fd"))
    with started(settings(tmp_path)) as journal:
        execute(journal, range(1, 200))
    del journal
    assert len(os.listdir("/proc/self/fd")) <= before


def test_too_many_definitions_and_notes_that_do_not_fit_are_told(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        with pytest.raises(JournalUnavailable, match="definitions"):
            journal.define_session(SessionFacts(session="x" * (9 << 20)))
        with pytest.raises(JournalUnavailable, match="full"):
            journal.note(0, 0, "huge", {"text": "x" * (9 << 20)})
        with pytest.raises(InvariantBroken, match="not in force"):
            journal.release_session(7)


def test_the_numbers_are_those_that_metrics_know(tmp_path: Path) -> None:
    with started(settings(tmp_path)) as journal:
        journal.spool.wait(execute(journal, [1, 2, 3]), 30)
        told = journal.metrics()
        families = {family.name for family in Sources([journal.metrics]).collect()}
    assert set(told) <= {metric.name for metric in METRICS}
    assert families == set(told)
    assert told["pgwarden_journal_records"] == 3
    assert told["pgwarden_journal_pending_bytes"] == 0


def test_a_waiting_entry_is_lag(tmp_path: Path) -> None:
    with started(settings(tmp_path, mode=Mode.ASYNC, flush_ms=60_000)) as journal:
        assert journal.metrics()["pgwarden_journal_lag_seconds"] == 0
        journal.note(journal.define_session(SESSION), 0, "login", {})
        assert journal.metrics()["pgwarden_journal_lag_seconds"] > 0  # type: ignore[operator]  # a number
        assert journal.metrics()["pgwarden_journal_pending_bytes"] > 0  # type: ignore[operator]  # a number
