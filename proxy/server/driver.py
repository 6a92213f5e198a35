"""One session's driver: answers what the lane asks, with the probe, the decider and the journal's references.

The lane calls the handler methods from inside its walk; they never answer there. Each question gets a task, and the
lane holds the client's message until the task has answered.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from proxy.catalog.encodings import codec_of
from proxy.decide.words import Judgement, Place
from proxy.errors import ProtocolViolation, StatementCancelled, WardenError
from proxy.lane import verdict as lane
from proxy.lane.session import Session
from proxy.lane.verdict import Verdict
from proxy.model import Oid
from proxy.observe.logs import EventLog
from proxy.relay.login_words import LoggedIn
from proxy.relay.moment import Ask, Moment, ask_moment, read_moment
from proxy.relay.words import Event, Owe, Phase
from proxy.server.answering import Failed, Resolved, Statement, statement_of
from proxy.server.deciding import Deciding
from proxy.server.scrub import Reports, fields_of, is_fatal, report, trim, withhold
from proxy.server.shared import Shared
from proxy.server.verdicts import error_frame
from proxy.wire.constants import ServerType
from proxy.wire.frame import Frame
from proxy.wire.messages.bare import Flush, Sync
from proxy.wire.messages.rows import RowDescription
from proxy.wire.messages.session import NotificationResponse, ParameterStatus
from proxy.wire.reader import FrameReader

_log = EventLog("pgwarden.session")

LONGEST_FRAME: Final = 0x3FFF_FFFF
HELD_FOR_US: Final = 2
"""Session.held while a message waits for our decision (lane/state.pxd, HOLD_PYTHON)."""
SERVER_GONE: Final = "the server closed the connection"
JOURNAL_BROKEN: Final = "the audit journal takes no more entries"
ENDED_BY_US: Final = "ended by pgwarden"
LAST_WORDS: Final = {
    "a message is larger than limits.message": "54000",
    "a message that a rule concerns is larger than limits.message": "54000",
    SERVER_GONE: "08006",
    JOURNAL_BROKEN: "53100",
    "a decision failed inside pgwarden": "XX000",
    "too many prepared statements": "54000",
    "too many messages wait for an answer": "54000",
    "out of memory": "53200",
    ENDED_BY_US: "57P01",
}
"""Why the lane ends a session, with its SQLSTATE; any other reason is a breach of the protocol."""


class Driver:
    """The handler of one lane session. ended: set when both connections are closed."""

    def __init__(self, logged_in: LoggedIn, shared: Shared, *, client_addr: str, cancel: Callable[[], None]) -> None:
        self.logged_in, self.shared = logged_in, shared
        self.client_addr = client_addr
        self.ended = asyncio.Event()
        self.session: Session | None = None
        self.place: Place | None = None
        self.moment: Moment | None = None
        self.deciding: Deciding | None = None
        self.catalog_changed = False
        self._changes = 0
        self.reference = 0
        self.identity = ""
        self.lex_options, self.codec = 0, "utf-8"
        self._fallbacks: tuple[bool, Verdict, Verdict, Verdict] | None = None
        self._cancel = cancel
        self._cancels, self._cancel_asked = 0, False
        self._tapped: asyncio.Future[bytes | None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._reports = Reports()

    # -- beginning --

    async def begin(self, session: Session) -> None:
        """Learns where the session stands, then lets the client in. Raises WardenError where it may not begin."""
        self.session = session
        self.deciding = Deciding(self, session)
        if self.logged_in.replication:
            await self.deciding.begin_replication()
        else:
            await self.learn_place()
        session.say(self.logged_in.held)
        session.resume()

    async def learn_place(self) -> None:
        """Asks the server for the session's settings, and the decider for what they mean."""
        session = self._live()
        frames = await self.ask(self._moment_question(session))
        if any(frame.type == ServerType.ERROR_RESPONSE for frame in frames) and session.status != "E":
            frames = await self.ask(self._moment_question(session))  # a Query inside a batch confuses servers once
        before, self.moment = self.moment, read_moment(frames)
        if before is not None and before.client_encoding != self.moment.client_encoding:
            session.forget_portals()  # their masks are for values in the encoding of before
        changed, open_ = self.catalog_changed, session.status != "I" or session.phase == Phase.EXTENDED
        self._changes += changed
        self.catalog_changed = changed and open_
        self.place = await self.shared.decider.place(
            self.shared.login_of(self.logged_in, self.client_addr),
            self.moment.meaning + self._own_changes(self.moment),
            client_encoding=self.moment.client_encoding,
            changed=changed,
        )
        self.lex_options, self.codec = lex_options(self.moment), codec_of(self.moment.client_encoding)
        self.stand(self.place)

    def _own_changes(self, moment: Moment) -> tuple[str, ...]:
        """What only this session knows of the catalog: what it has not committed, and its temporary views, which keep
        their OIDs when they are replaced. No decision of before such a change is good after it."""
        return (f"{self.identity} {self._changes}",) if self.catalog_changed or moment.temporary else ()

    def stand(self, place: Place) -> None:
        """Tells the lane what the next statements are decided by."""
        session, deciding = self._live(), self.deciding
        if deciding is None:
            raise ProtocolViolation("a session has no decider")
        if not self.reference:
            self.reference, self.identity = self.shared.define_session(place)
        if self._fallbacks is None or self._fallbacks[0] != place.restricted:
            self._fallbacks = (place.restricted, *deciding.fallbacks(place))
        _, portal, call, large = self._fallbacks
        session.begin(portal=portal, call=call, large=large, session=self.reference)
        session.place(place.id, self.lex_options, restricted=place.restricted, shield=place.shield)

    def _moment_question(self, session: Session) -> Ask:
        if session.phase == Phase.EXTENDED:  # inside a batch a Sync would end the client's implicit transaction
            return ask_moment(self.logged_in.server_version_num, end=Flush().encode(), owed_end=b"")
        return ask_moment(self.logged_in.server_version_num, end=Sync().encode(), owed_end=bytes((Owe.SYNC,)))

    async def ask(self, question: Ask) -> list[Frame]:
        """Sends messages of ours, and gives the server's answers. Raises ProtocolViolation where they are too long."""
        session = self._live()
        self._tapped = asyncio.get_running_loop().create_future()
        session.ask_server(question.frames, question.owed)
        answered = await self._tapped
        if answered is None:
            raise ProtocolViolation("the server's answer to a question of ours is larger than we keep")
        return FrameReader(limit=LONGEST_FRAME).feed(answered)

    def _live(self) -> Session:
        if self.session is None or self.ended.is_set():
            raise ProtocolViolation("the session has ended")
        return self.session

    # -- the lane asks: never answered from inside --

    def statement(self, session: Session, event: int, payload: bytes, stored: bytes) -> None:
        """A message is held until it is decided."""
        asked = statement_of(Event(event), payload, stored)
        self._cancel_asked = False
        self._task = asyncio.get_running_loop().create_task(self._answer(asked))

    def tapped(self, session: Session, frames: bytes | None) -> None:
        """The answers to a question of ours are complete."""
        if self._tapped is not None and not self._tapped.done():
            self._tapped.set_result(frames)

    def completed(self, session: Session, verdict: Verdict | None, tag: bytes) -> None:
        """A statement that changes names or the catalog has ended well."""
        if self.deciding is not None and verdict is not None and isinstance(verdict.decision, Judgement):
            self.deciding.completed(verdict.decision)

    def parameter(self, session: Session, payload: bytes, doubtful: bool) -> bool:  # noqa: FBT001  the lane calls it
        """A setting that the server reports has changed: what literals or names mean may be different. Whether the
        client may hear of it."""
        if self.moment is None or self.place is None:
            return True
        status = ParameterStatus.decode(payload)
        known = {"client_encoding": self.moment.client_encoding,
                 "standard_conforming_strings": self.moment.standard_conforming_strings,
                 "search_path": self.moment.search_path}  # fmt: skip
        name, value = status.name.decode("utf-8", "replace"), status.value.decode("utf-8", "replace")
        if name == "session_authorization" or known.get(name, value) != value:
            session.ask_state_again()
        return not self.place.restricted or self._reports.shows(payload, doubtful=doubtful)

    def scrub(self, session: Session, kind: int, verdict: Verdict | None, serial: int, frame: bytes) -> bytes:
        """What a restricted reader may see of an error, a notice or a notification."""
        type_, payload = bytes((kind,)), frame[5:]
        if type_ == ServerType.NOTIFICATION_RESPONSE:
            own = NotificationResponse.decode(payload).pid == self.logged_in.backend_pid
            return frame if own else b""
        fields = fields_of(type_, payload)
        judged = verdict.decision if verdict is not None else None
        clean = isinstance(judged, Judgement) and not judged.decision.tainted
        if clean or is_fatal(fields):
            return report(type_, trim(fields))
        reference = f"{self.identity}-{serial}" if serial else ""
        if serial:
            self.shared.note_error(self.reference, serial, reference, fields)
        return report(type_, withhold(fields, reference))

    def convict(self, session: Session, verdict: Verdict | None, payload: bytes) -> Verdict | None:
        """A result shows what the decision did not expect: what nothing proves is masked by constants."""
        if verdict is None or self.place is None or not isinstance(verdict.decision, Judgement):
            return None
        described = RowDescription.decode(payload)
        judged = verdict.decision
        agree = judged.columns in (-1, len(described.fields))
        covered = judged.covered if judged.mask is not None else bytes(len(described.fields))
        columns: list[tuple[Oid, int] | None] = []
        for at, each in enumerate(described.fields):
            protected = self.protects(each.relation, each.attnum)
            hide = protected or not agree or bool(covered[at : at + 1] == b"\1")
            columns.append((Oid(each.type_oid), each.typmod) if hide else None)
        _log.warning("disagreement", reason="a result shows a protected column", reference=self.identity)
        return self.shared.stricter(self.place, judged, verdict, columns)

    def protects(self, relation: int, attnum: int) -> bool:
        """Whether the reader may not see that column in clear."""
        if self.place is None or not relation:
            return False
        key = (relation << 16 | attnum & 0xFFFF).to_bytes(8, "little")
        shield = self.place.shield
        return any(shield[at : at + 8] == key for at in range(0, len(shield), 8))

    def last_word(self, session: Session, reason: str) -> bytes:
        """The FATAL that ends a session."""
        sqlstate = LAST_WORDS.get(reason, "08P01")
        if reason == ENDED_BY_US:
            reason = "terminating connection due to administrator command"
        return error_frame("FATAL", sqlstate, reason)

    def broke(self, error: BaseException) -> None:
        """A handler failed; the lane ends the session."""
        _log.error("handler_failed", error=error)

    def closed(self, session: Session, reason: str) -> None:
        """Both connections are closed."""
        if session.owed and reason != SERVER_GONE:
            self._cancel()  # a client that resets ends its backend, and so does whoever we end
        if self._tapped is not None and not self._tapped.done():
            self._tapped.set_exception(ProtocolViolation("the session has ended"))
            self._tapped.exception()
        if self._task is not None:
            self._task.cancel()
        if self.reference:
            self.shared.release_session(self.reference)
        self.ended.set()

    # -- cancel requests --

    def cancel_begins(self) -> bool:
        """A cancel request of the client has come: whether it is to be passed on. Until cancel_ends nothing more of
        the client's reaches the server, so that a late cancel meets no other statement. What waits for our decision is
        not at the server yet: it is answered here, and our own questions are not disturbed."""
        session = self.session
        if session is None or self.place is None or self.ended.is_set():
            return False
        if session.held == HELD_FOR_US:
            self._cancel_asked = True
            return False
        if not session.owed:
            return False
        session.pause()
        self._cancels += 1
        return True

    def cancel_ends(self) -> None:
        """The server has done what the cancel asked for."""
        self._cancels -= 1
        if not self._cancels and self.session is not None and not self.ended.is_set():
            self.session.resume()

    # -- answers --

    async def _answer(self, asked: Statement) -> None:
        """Decides what is held. An error refuses or ends, it never lets pass."""
        try:
            await self._settle(asked)
        except asyncio.CancelledError:
            raise
        except ProtocolViolation as error:
            self._end(str(error))
        except WardenError as error:
            self._refuse(error)
        except Exception as error:  # noqa: BLE001  the session's driver: whatever failed, nothing is forwarded
            _log.error("decision_failed", error=error)
            self._end("a decision failed inside pgwarden")

    async def _settle(self, asked: Statement) -> None:
        session, deciding = self._live(), self.deciding
        if deciding is None:
            raise ProtocolViolation("a message came before the session began")
        if session.dirty and session.status != "E" and not self.logged_in.replication:
            await self.learn_place()
            self._heed_cancel()
            if asked.event in (Event.QUERY, Event.PARSE, Event.EXECUTE):
                self._live().retry()
                return
        outcome = await deciding.decide(asked)
        session = self._live()
        self._heed_cancel()
        match outcome:
            case Resolved(verdict, parsed):
                session.resolve(verdict, parsed=parsed)
            case Failed(error, verdict, sqlstate, ready):
                session.fail(error, verdict, sqlstate, ready=ready)
            case _:
                session.retry()

    def _heed_cancel(self) -> None:
        if self._cancel_asked:
            raise StatementCancelled("canceling statement due to user request")  # the server's words

    def _refuse(self, error: WardenError) -> None:
        if self.session is not None and not self.ended.is_set():
            frame = error_frame("ERROR", error.sqlstate, str(error), error.hint or "")
            made = Verdict(flags=lane.REFUSE | lane.ASK, error=frame, sqlstate=error.sqlstate.encode())
            self.session.resolve(self.shared.verdicts.keep(made))

    def _end(self, reason: str) -> None:
        _log.warning("session_ended", reason=reason, reference=self.identity)
        if self.session is not None and not self.ended.is_set():
            self.session.end(reason)


def lex_options(moment: Moment) -> int:
    """The lexer's options for a session: bit 1 where standard_conforming_strings is off, bit 2 where the encoding's
    trail bytes may be ASCII."""
    options = 0 if moment.standard_conforming_strings == "on" else 1
    return options | (2 if moment.client_encoding.upper() in UNSAFE_ENCODINGS else 0)


UNSAFE_ENCODINGS: Final = frozenset({"SJIS", "SHIFT_JIS_2004", "BIG5", "GBK", "UHC", "GB18030", "JOHAB"})
"""Client encodings in which a byte of a longer character may look like a quote or a backslash."""
