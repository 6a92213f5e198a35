"""The journal of one worker: definitions, notes and the spool that the lane appends to."""

import fcntl
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.format import Kind, Recovery, worker_directory
from proxy.audit.keys import OpenedKey, open_key
from proxy.audit.recovery import Resumed, resume
from proxy.audit.settings import AuditSettings, Mode
from proxy.audit.spool import Spool
from proxy.errors import InvariantBroken, JournalUnavailable
from proxy.observe.clock import Clock, SystemClock
from proxy.observe.metrics import Distribution, Value

CUT_MARK: Final = "\N{HORIZONTAL ELLIPSIS}"


class Journal:
    """What one worker records. key: None opens the settings' own. mask_keys: which the journal's key must not be."""

    def __init__(
        self,
        settings: AuditSettings,
        *,
        instance: str = "",
        worker: int = 0,
        key: OpenedKey | None = None,
        mask_keys: Iterable[bytes] = (),
        clock: Clock | None = None,
    ) -> None:
        self.settings, self.worker = settings, worker
        self._instance, self._clock = instance, clock or SystemClock()
        self._lock: int | None = None
        self._folder: int | None = None
        self.recovered: Recovery | None = None
        self.key = None if settings.mode is Mode.OFF else key or open_key(settings, others=mask_keys)
        self.spool = Spool(
            settings.mode.value,
            buffer_bytes=settings.buffer_bytes,
            flush_ms=settings.flush_ms,
            value_bytes=settings.value_bytes,
            digest_key=self.key.keys.digests if self.key else bytes(32),
        )

    @property
    def directory(self) -> Path:
        """Where this worker's segments are."""
        return worker_directory(self.settings.directory, self.worker)

    def start(self) -> None:
        """Recover what an earlier writer left, begin a segment, start the writer. Raises JournalUnavailable: the folder
        cannot be written, or another process does; ConfigError: another key; JournalDamaged."""
        if self.key is None:
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o750)
            self._lock = self._locked()
            resumed = resume(self.directory, self.key.keys)
            self.recovered = resumed.recovery
            self._begin(resumed, self.key)
        except OSError as error:
            hint = "Give the proxy's account the folder, and room on its disk"
            message = f"the audit journal {self.directory} cannot be written: {error.strerror or error}"
            raise JournalUnavailable(message, hint=hint) from None
        finally:
            if self.spool.state != "running":
                self.close()

    def close(self) -> None:
        """Write what waits, seal the segment, let the folder go. Again: nothing."""
        self.spool.stop()
        for descriptor in (self._folder, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self._folder = self._lock = None

    def define_session(self, facts: SessionFacts) -> int:
        """A reference for the lane. Raises JournalUnavailable: too many are in force."""
        return self._defined(self.spool.define_session(msgspec.json.encode(facts)))

    def define_statement(self, facts: StatementFacts) -> int:
        """As define_session; a text over sql_bytes is cut and marked."""
        return self._defined(self.spool.define_statement(msgspec.json.encode(self._cut(facts))))

    def release_session(self, reference: int) -> None:
        """The session is over: no execution behind this one names it. Raises InvariantBroken: it is not in force."""
        self._released(self.spool.release_session(reference))

    def release_statement(self, reference: int) -> None:
        """As release_session."""
        self._released(self.spool.release_statement(reference))

    def note(self, session: int, serial: int, kind: str, facts: Mapping[str, object]) -> int:
        """What is to be known beside the numbers: of an execution (before its entry, if it can be), of a session
        (serial 0), or of the process (session 0). Its position. Raises JournalUnavailable: it was not taken."""
        payload = msgspec.json.encode({"kind": kind, "facts": facts})
        position = self.spool.note(session, serial, self._clock.now_us(), payload)
        if position < 0:
            raise JournalUnavailable(f"the audit journal takes no note: {self.spool.failure or 'it is full'}")
        return position

    def metrics(self) -> Mapping[str, Value]:
        """A source for `observe.metrics.Sources`."""
        counters = self.spool.counters()
        return {
            "pgwarden_journal_lag_seconds": counters["lag_ns"] / 1e9,
            "pgwarden_journal_pending_bytes": counters["pending"],
            "pgwarden_journal_records": counters["appended"],
            "pgwarden_journal_bytes": counters["written"],
            "pgwarden_journal_commits": counters["commits"],
            "pgwarden_journal_commit_seconds": Distribution(counters["commit_counts"], counters["commit_ns"] / 1e9),
            "pgwarden_journal_refusals": counters["refused"],
        }

    @property
    def failure(self) -> str:
        """Why nothing is taken any more; empty while all is well."""
        return self.spool.failure

    def describe(self) -> str:
        """One line for the start: where records go, and where the key is."""
        if self.key is None:
            return "audit: off, no record is written"
        made = ", made now: keep a copy elsewhere" if self.key.made else ""
        where = f"audit: {self.settings.mode.value}, {self.directory}, key {self.key.path}{made}"
        if (found := self.recovered) is None:
            return where
        cut = f"{found.cut_bytes} bytes cut at {found.cut_at}" if found.cut_bytes else "nothing cut"
        return f"{where}; the last writer did not end cleanly: segment {found.segment}, {cut}"

    def _locked(self) -> int:
        descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            hint = "Stop it, or give each proxy a directory of its own"
            raise JournalUnavailable(f"another process writes the audit journal {self.directory}", hint=hint) from None
        return descriptor

    def _begin(self, resumed: Resumed, key: OpenedKey) -> None:
        self._folder = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        found = resumed.recovery
        self.spool.begin(
            directory=self._folder,
            chain_key=key.keys.chain,
            chain_id=resumed.chain_id,
            key_check=key.keys.check,
            instance=self._instance.encode(),
            worker=self.worker,
            number=resumed.number,
            seq=resumed.seq,
            head=resumed.head,
            segment_bytes=self.settings.segment_bytes,
            entries=[(Kind.RECOVERY, msgspec.json.encode(found))] if found else (),
        )

    def _cut(self, facts: StatementFacts) -> StatementFacts:
        sql, limit = facts.sql, self.settings.sql_bytes
        if sql is None or len(sql) <= limit // 4 or len(whole := sql.encode()) <= limit:
            return facts
        return msgspec.structs.replace(facts, sql=whole[:limit].decode("utf-8", "ignore") + CUT_MARK)

    def _defined(self, reference: int) -> int:
        if reference == 0:
            raise JournalUnavailable("the audit journal takes no more definitions")
        return reference

    def _released(self, done: bool) -> None:  # noqa: FBT001  what the spool answered
        if not done:
            raise InvariantBroken("a reference of the journal was released that is not in force")
