"""Entries to records: definitions are looked up, openings meet their closings, notes what they belong to."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, TypeVar

import msgspec

from proxy.audit import render
from proxy.audit.codec import decode
from proxy.audit.decoded import Decoded, Place
from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.format import FRAME_HASH, FRAME_HEAD, Kind, Seal
from proxy.audit.notes import Note, NoteKey, number, read_note
from proxy.audit.reader import Piece
from proxy.audit.record import OUTCOMES, Outcome, Record, timestamp
from proxy.audit.selection import Selection
from proxy.errors import JournalDamaged

T = TypeVar("T")
OPENING: Final = 1
CLOSING: Final = 2
NOBODY: Final = SessionFacts(session="")
NOTHING: Final = StatementFacts(statement_kind="")


class Events(Enum):
    """Whether what is no statement is shown too: logins, refused logins, changes of the configuration."""

    LEFT_OUT = "left out"
    SHOWN = "shown"


class Opened(msgspec.Struct, frozen=True):
    """An execution, and the entry that its record would show."""

    execution: Decoded
    seq: int
    prev: str
    hash: str
    session: SessionFacts
    statement: StatementFacts


class Joiner:
    """Joins one worker's entries."""

    def __init__(self, selection: Selection, events: Events = Events.LEFT_OUT) -> None:
        self._selection, self._events = selection, events
        self._sessions: dict[int, SessionFacts] = {}
        self._statements: dict[int, StatementFacts] = {}
        self._taken: dict[tuple[int, int], bool] = {}
        self._opened: dict[NoteKey, Opened] = {}
        self._notes: dict[NoteKey, list[Note]] = {}

    def learn(self, piece: Piece) -> None:
        """Take up the notes on executions, so that one written behind its execution is there when that is fed."""
        sessions: dict[int, SessionFacts] = {}
        for kind, _, start, end in piece.places:
            if kind == Kind.SESSION:
                _define(sessions, SessionFacts, piece.data[start + FRAME_HEAD : end - FRAME_HASH])
            elif kind == Kind.NOTE:
                note = read_note(piece.data[start + FRAME_HEAD : end - FRAME_HASH])
                if note.serial:
                    key = sessions.get(note.session, NOBODY).session, note.serial
                    self._notes.setdefault(key, []).append(note)

    def feed(self, piece: Piece) -> Iterator[Record]:
        """The records that are complete with these entries."""
        if piece.first:
            self._sessions.clear()
            self._statements.clear()
            self._taken.clear()
        for place in piece.places:
            kind, _, start, end = place
            if kind == Kind.EXECUTION:
                yield from self._execution(piece.data, place)
            elif kind == Kind.NOTE:
                yield from self._event(piece.data, place)
            elif kind in (Kind.SESSION, Kind.STATEMENT):
                self._defined(kind, piece.data[start + FRAME_HEAD : end - FRAME_HASH])
            elif kind == Kind.RECOVERY or (kind == Kind.SEAL and _stopped(piece.data, start, end)):
                yield from self.finish()

    def finish(self) -> Iterator[Record]:
        """The records of what has opened and never closed."""
        left, self._opened = self._opened, {}
        for opened in left.values():
            yield from self._record(opened, opened.execution, Outcome.UNKNOWN)

    def _defined(self, kind: int, payload: bytes) -> None:
        if kind == Kind.SESSION:
            _define(self._sessions, SessionFacts, payload)
        else:
            _define(self._statements, StatementFacts, payload)
        self._taken.clear()

    def _execution(self, data: bytes, place: Place) -> Iterator[Record]:
        _, seq, start, end = place
        try:
            execution = decode(data, start + FRAME_HEAD, end - FRAME_HASH)
        except ValueError:
            raise JournalDamaged(f"entry {seq} is not what its writer left") from None
        part, outcome, _, _, session, statement, serial, *_ = execution
        if not self._wanted(session, statement):
            return
        who = self._sessions.get(session, NOBODY)
        what = self._statements.get(statement, NOTHING)
        now = Opened(
            execution, seq, data[start - FRAME_HASH : start].hex(), data[end - FRAME_HASH : end].hex(), who, what
        )
        if part == OPENING:
            self._opened[who.session, serial] = now
            return
        before = self._opened.pop((who.session, serial), now) if part == CLOSING else now
        yield from self._record(
            now, before.execution, OUTCOMES[outcome] if outcome < len(OUTCOMES) else Outcome.UNKNOWN
        )

    def _wanted(self, session: int, statement: int) -> bool:
        if (known := self._taken.get((session, statement))) is None:
            who, what = self._sessions.get(session, NOBODY), self._statements.get(statement, NOTHING)
            known = self._taken[session, statement] = self._selection.takes(who, what)
        return known

    def _record(self, entry: Opened, opening: Decoded, outcome: Outcome) -> Iterator[Record]:
        """The record, if it is wanted. entry: what it shows of the chain and of the end; opening: what of the start."""
        _, _, _, _, _, _, serial, _, duration, rows, size, sqlstate, _, _ = entry.execution
        _, _, _, transaction, _, _, _, started, _, _, _, _, values, omitted = opening
        notes = self._notes.pop((entry.session.session, serial), ())
        if not self._selection.takes_time(started):
            return
        over = outcome is not Outcome.UNKNOWN
        statement = msgspec.structs.asdict(entry.statement)
        statement["sql"] = render.statement(entry.statement.sql, values, omitted)
        record = Record(
            seq=entry.seq,
            time=timestamp(started),
            duration_us=duration if over else None,
            **msgspec.structs.asdict(entry.session),
            **statement,
            parameters=render.parameters(values),
            rows=rows if over else None,
            bytes=size if over else None,
            sqlstate=sqlstate,
            error_ref=_reference(notes),
            outcome=outcome.value,
            transaction=transaction,
            prev=entry.prev,
            hash=entry.hash,
            notes=[_shown(note) for note in notes],
        )
        if self._selection.takes_record(record):
            yield record

    def _event(self, data: bytes, place: Place) -> Iterator[Record]:
        _, seq, start, end = place
        note = read_note(data[start + FRAME_HEAD : end - FRAME_HASH])
        who = self._sessions.get(note.session, NOBODY)
        if note.serial or self._events is Events.LEFT_OUT or not self._selection.takes_time(note.time_us):
            return
        record = Record(
            seq=seq,
            time=timestamp(note.time_us),
            duration_us=None,
            **msgspec.structs.asdict(who),
            statement_kind=note.body.kind,
            prev=data[start - FRAME_HASH : start].hex(),
            hash=data[end - FRAME_HASH : end].hex(),
            notes=[_shown(note)],
        )
        if self._selection.takes(who, NOTHING) and self._selection.takes_record(record):
            yield record


def _reference(notes: Sequence[Note]) -> str | None:
    """What a client was told to look its error up by."""
    return next((str(note.body.facts["reference"]) for note in notes if "reference" in note.body.facts), None)


def _shown(note: Note) -> dict[str, object]:
    return {"kind": note.body.kind, "time": timestamp(note.time_us), **note.body.facts}


def _define(known: dict[int, T], type_: type[T], payload: bytes) -> None:
    reference, at = number(payload, 0)
    try:
        known[reference] = msgspec.json.decode(payload[at:], type=type_)
    except msgspec.DecodeError:
        raise JournalDamaged("a definition is not what its writer left") from None


def _stopped(data: bytes, start: int, end: int) -> bool:
    try:
        return msgspec.json.decode(data[start + FRAME_HEAD : end - FRAME_HASH], type=Seal).why == "stop"
    except msgspec.DecodeError:
        raise JournalDamaged("a seal is not what its writer left") from None
