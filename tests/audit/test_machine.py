"""A journal against a list: append, commit, end, crash, recover, in any order."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from proxy.audit.format import segment_files
from proxy.audit.journal import Journal
from proxy.audit.search import records
from tests.audit.journals import SELECT, SESSION, WAIT_S, append, checked, settings


class JournalMachine(RuleBasedStateMachine):
    """model: serials appended, in order. Those up to `durable` must survive anything; later ones may be lost from the
    end only."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.model: list[int] = []
        self.durable = self.serial = self.crashes = 0
        self.journal: Journal | None = None

    @initialize()
    def start(self) -> None:
        self.journal = Journal(settings(self.directory, segment_bytes=4096))
        self.journal.start()
        self.who, self.what = self.journal.define_session(SESSION), self.journal.define_statement(SELECT)

    @precondition(lambda self: self.journal is None)
    @rule()
    def start_again(self) -> None:
        self.start()

    @precondition(lambda self: self.journal is not None)
    @rule(count=st.integers(1, 40), part=st.sampled_from([0, 1]))
    def append(self, count: int, part: int) -> None:
        assert self.journal is not None
        for _ in range(count):
            self.serial += 1
            assert append(self.journal, self.who, self.what, self.serial, part=part) > 0
            self.model.append(self.serial)

    @precondition(lambda self: self.journal is not None)
    @rule()
    def commit(self) -> None:
        assert self.journal is not None
        assert self.journal.spool.wait(self.journal.spool.counters()["appended"], WAIT_S)
        self.durable = len(self.model)

    @precondition(lambda self: self.journal is not None)
    @rule()
    def redefine(self) -> None:
        assert self.journal is not None
        self.journal.release_session(self.who)
        self.journal.release_statement(self.what)
        self.who, self.what = self.journal.define_session(SESSION), self.journal.define_statement(SELECT)

    @precondition(lambda self: self.journal is not None)
    @rule()
    def end(self) -> None:
        assert self.journal is not None
        self.journal.close()
        self.journal, self.durable = None, len(self.model)

    @precondition(lambda self: self.journal is not None)
    @rule(cut=st.integers(0, 200))
    def crash(self, cut: int) -> None:
        """The machine ends: what was not yet durable may be there, in part or not at all."""
        assert self.journal is not None
        self.commit()
        kept = self.directory / "kept"
        shutil.copytree(self.directory / "audit", kept)
        tail = segment_files(kept / "worker-00")[-1]
        self.append(3, 0)
        self.journal.spool.wait(self.journal.spool.counters()["appended"], WAIT_S)
        later = self.directory / "audit/worker-00" / tail.name
        tail.write_bytes(later.read_bytes()[: tail.stat().st_size + cut])
        self.journal.close()
        shutil.rmtree(self.directory / "audit")
        kept.rename(self.directory / "audit")
        self.journal = None
        self.model = self.written()

    @invariant()
    def nothing_is_lost_doubled_or_moved(self) -> None:
        if self.journal is None and self.model:
            assert self.written() == self.model
            assert checked(self.directory).faults == []

    def written(self) -> list[int]:
        found = [int((record.sql or "").rsplit(" ", 1)[1]) for record in records(self.directory / "audit")]
        assert sorted(found)[: self.durable] == self.model[: self.durable]
        return sorted(found)

    def teardown(self) -> None:
        if self.journal is not None:
            self.journal.close()
        shutil.rmtree(self.directory)


TestJournal = JournalMachine.TestCase
TestJournal.settings = hypothesis_settings(max_examples=40, stateful_step_count=15, deadline=None)
