"""What deciding a statement takes: the probe, the verdict, its place in the table, and the words of the record."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from proxy.decide.own_questions import question, unknown
from proxy.decide.words import Facts, Judgement, Place
from proxy.errors import ProtocolViolation
from proxy.lane import verdict as lane
from proxy.lane.session import Session
from proxy.lane.verdict import Verdict
from proxy.model import Action, CopyWay, Decision, Literal, Reading
from proxy.relay.moment import Ask, Moment, run
from proxy.relay.probe import Answers, probe_inner, probe_parse, probe_texts, read_answers
from proxy.relay.words import Event, Owe, Phase
from proxy.server.answering import Failed, Statement
from proxy.server.copying import carried, inner_of_copy
from proxy.server.copying_in import insert_of_copy
from proxy.server.scrub import report, trim
from proxy.server.shared import Seat
from proxy.server.verdicts import DIGESTS, NOTHING
from proxy.template.fingerprint import fingerprint
from proxy.wire.constants import ServerType
from proxy.wire.frame import pack
from proxy.wire.messages.bare import Flush, Sync
from proxy.wire.messages.report import ErrorResponse
from proxy.wire.messages.rows import DataRow

NO_TEMPLATE: Final = 3
"""Flags of proxy.template.lexer, BROKEN or OVERFLOW: only the whole text can be a key."""
EXPECT_NOTHING: Final = lane.ASK | lane.TAINTED
"""The server will reject it, or answers without rows: a result would be a contradiction, and ends the session."""

WRITING: Final = frozenset({"insert", "update", "merge"})
"""Effects by which values may move from one column to another."""

_BACK: Final = b"_pgwarden_back"


class Judging:
    """The means of one session to decide statements."""

    def __init__(self, seat: Seat, session: Session) -> None:
        self.seat, self.session, self.shared = seat, session, seat.shared

    @property
    def moment(self) -> Moment | None:
        """The session's settings, None for a walsender."""
        return self.seat.moment

    async def probe(self, place: Place, asked: Statement, reading: Reading) -> tuple[Answers | None, bool]:
        """Asks the server where it can tell, and whether it has taken the client's own Parse thereby."""
        moment = self.seat.moment
        if moment is None:
            return None, False
        if reading.probe and asked.event is Event.PARSE:
            frames = await self.seat.ask(probe_parse(moment, pack(b"P", asked.parse)))
            answers = read_answers(frames, moment, 1)
            return answers, bool(answers.statements) and answers.statements[0].error is None
        text = asked.text if reading.probe else self.inner(place, reading, asked.text or b"")
        if text is None:
            return None, False
        simple = asked.event is Event.QUERY
        question = probe_texts(moment, [text]) if simple else probe_inner(moment, text, asked.types)
        return read_answers(await self.seat.ask(question), moment, 1), False

    def inner(self, place: Place, reading: Reading, whole: bytes) -> bytes | None:
        """The query whose rows a command hands on, where its reader may not see everything or it may move data; and
        that of DECLARE, which the server shows as well, but without the views expanded."""
        wanted = place.restricted or reading.kind == "declare" or (place.flows and _moves_data(reading))
        text = inner_text(reading) if wanted else None
        if text is None and place.restricted and reading.copy is not None:
            asked = insert_of_copy if reading.copy.way is CopyWay.FROM else inner_of_copy
            return asked(whole, self.options())
        return None if text is None else self.encode(text)

    async def read(self, text: bytes) -> Reading:
        """What a text asks for, under the session's settings."""
        return await self.shared.decider.read(self.decode(text), self.options())

    async def read_back(self, sql: bytes) -> list[tuple[bytes | None, ...]]:
        """The rows of a question of ours, asked inside the client's batch where there is one. Raises ProtocolViolation
        where the server does not answer it."""
        asked, ends = run(_BACK, sql), self.session.phase == Phase.READY
        end, owed = (Sync().encode(), bytes((Owe.SYNC,))) if ends else (Flush().encode(), b"")
        frames = await self.seat.ask(Ask(asked.frames + end, asked.owed + owed))
        if any(frame.type == ServerType.ERROR_RESPONSE for frame in frames):
            raise ProtocolViolation("the server does not answer a question of ours")
        return [DataRow.decode(frame.payload).values for frame in frames if frame.type == ServerType.DATA_ROW]

    async def judge(
        self, place: Place, reading: Reading, trees: tuple[bytes, ...] | None, literals: tuple[Literal, ...] = ()
    ) -> tuple[Judgement, bool]:
        """The decision, and whether it may be remembered: not where the session was asked for temporary relations of
        its own that no snapshot has."""
        decider = self.shared.decider
        asks = place.restricted and self.session.status != "E"
        if asks and reading.upkeep and trees is None and reading.relations:
            rows = await self.read_back(self.encode(self.shared.decider.own_question(reading.relations)))
            if len(rows) == len(reading.relations):
                return await decider.judge(place, replace(reading, own=True), None), False
        judged = await decider.judge(place, reading, trees, literals)
        missing = unknown(judged.footprint) if asks else ()
        if missing and (rows := await self.read_back(question(missing))):
            return await decider.judge(decider.beside(place, rows), reading, trees, literals), False
        return judged, True

    async def forget_plans(self) -> None:
        """Has the server understand its prepared statements anew. By itself it does so only where what they name has
        changed, not where a new temporary relation hides it."""
        if self.session.status != "E":
            await self.read_back(b"discard plans")

    def changing(self, reading: Reading) -> None:
        """Tells the decider of a change of the catalog, before it runs and when it has."""
        if reading.ddl and "discard" not in reading.effects:
            self.shared.decider.changing(self.seat.logged_in.database)

    async def rejected(
        self, place: Place, asked: Statement, reading: Reading, error: ErrorResponse, answers: Answers
    ) -> Failed:
        """The server does not take the statement: its own error is the answer, without what quotes rows."""
        judged = await self.shared.decider.judge(place, reading, None)
        verdict = self.verdict(
            replace(judged, decision=replace(judged.decision, action=Action.ALLOW, digest=True)), asked.text or b"",
        )  # fmt: skip
        told = error.fields if reading.probe else _placed(error.fields, self.decode(asked.text or b""), reading)
        fields = trim(told) if place.restricted else told
        ready = b""
        if asked.event is Event.QUERY:
            status = answers.status.value if answers.status is not None else self.session.status.encode()
            ready = pack(ServerType.READY_FOR_QUERY, status)
        return Failed(report(ServerType.ERROR_RESPONSE, fields), verdict, error.sqlstate.encode(), ready)

    def nothing(self, place: Place, asked: Statement, judged: Judgement | None = None) -> Verdict:
        """Passes what the server will reject; should it answer with rows, the session ends."""
        if judged is None:
            facts = Facts(kind="unknown", effects=(), relations=(), columns=(), masked=())
            reading = Reading(kind="unknown", effects=frozenset())
            decision = Decision(action=Action.ALLOW, subject=place.subject_name, reason="ok", tainted=True, digest=True)
            judged = Judgement(decision=decision, reading=reading, footprint=None, facts=facts)
        expected = replace(judged, columns=0, decision=replace(judged.decision, action=Action.ALLOW, tainted=True))
        flags = EXPECT_NOTHING | (0 if place.restricted else lane.COPY)
        statement = self.shared.verdicts.of(expected, sql=self.sql(asked.text or b""), fingerprint="")
        made = Verdict(
            flags=flags,
            columns=0 if place.restricted else -1,
            statement=statement.statement,
            values_as=DIGESTS if asked.event is not Event.EXECUTE else NOTHING,
            decision=expected,
        )
        return self.shared.verdicts.keep(made)

    def fallbacks(self, place: Place) -> tuple[Verdict, Verdict, Verdict]:
        """The verdicts of what has no text: an Execute whose portal the protocol did not bind (asked each time where
        the reader is restricted), a FunctionCall (refused to a restricted reader), a message over the limit."""
        portal = self.textless(place, "execute", frozenset())
        if not place.restricted:
            return portal, self.textless(place, "function call", frozenset({"function"})), self._large(place)
        refused = ("opaque", "42501", "Call the function in a SELECT: a FunctionCall message cannot be analysed.")
        return portal, self.textless(place, "function call", frozenset({"function"}), refused), self._large(place)

    def _large(self, place: Place) -> Verdict:
        refused = ("message-size", "54000", "Raise limits.message, or send less at a time.")
        return self.textless(place, "unknown", frozenset({"unparsed"}), refused)

    def textless(
        self, place: Place, kind: str, effects: frozenset[str], refused: tuple[str, str, str] | None = None
    ) -> Verdict:
        """The verdict of a message that carries no text. refused: rule, SQLSTATE and hint, where it is."""
        rule, sqlstate, hint = refused or ("", "42501", "")
        decision = Decision(
            action=Action.REFUSE if refused else Action.ALLOW,
            subject=place.subject_name,
            rule=rule,
            reason=rule or "ok",
            sqlstate=sqlstate,
            message=f'refused by pgwarden rule "{rule}"' if refused else "",
            hint=hint,
            tainted=place.restricted,
            digest=True,
            restricted=place.restricted,
        )
        facts = Facts(kind=kind, effects=tuple(sorted(effects)), relations=(), columns=(), masked=())
        reading = Reading(kind=kind, effects=effects, changes_state=False, ddl=False)
        judged = Judgement(decision=decision, reading=reading, footprint=None, facts=facts)
        return self.shared.verdicts.of(judged, sql="", fingerprint="", values_as=NOTHING)

    def place(self) -> Place:
        """Where the session stands. Raises ProtocolViolation before it is known."""
        if self.seat.place is None:
            raise ProtocolViolation("a statement came before the session knew its place")
        return self.seat.place

    def options(self) -> int:
        """The lexer's options for the session."""
        return self.seat.lex_options

    def with_types(self, key: bytes, asked: Statement) -> bytes:
        """The key of a Parse: its parameter types are part of what it means."""
        return key + b"\0" + asked.type_oids if asked.type_oids else key

    def decode(self, text: bytes) -> str:
        """A text of the client in its encoding."""
        return text.decode(self.seat.codec, "surrogateescape")

    def encode(self, text: str) -> bytes:
        """The way back, to the same bytes."""
        return text.encode(self.seat.codec, "surrogateescape")

    def sql(self, text: bytes) -> str:
        """The statement as its record shows it: its template, whose literals each record holds for itself."""
        lexed = self.shared.lexer.lex(text, self.options())
        if lexed.flags & NO_TEMPLATE:
            return "(not stored: its literals cannot be told from the rest)"
        return self.decode(lexed.template)

    def verdict(self, judged: Judgement, text: bytes, *, extra: int = 0) -> Verdict:
        """The verdict, with the statement's template for the record."""
        judged, copy = carried(judged, self.place(), text, self.options())
        lexed = self.shared.lexer.lex(text, self.options())
        return self.shared.verdicts.of(
            judged,
            sql=self.sql(text),
            fingerprint=fingerprint(lexed.template),
            extra=extra,
            copy=copy,
        )

    def command(self, judged: Judgement, text: bytes) -> Verdict:
        """One of several: the whole string is its key, so its record may show its own text."""
        judged, copy = carried(judged, self.place(), text, self.options())
        clear = not judged.decision.digest and not judged.reading.secret
        sql = self.decode(text) if clear else self.sql(text)
        template = self.shared.lexer.lex(text, self.options()).template
        return self.shared.verdicts.of(judged, sql=sql, fingerprint=fingerprint(template), values_as=NOTHING, copy=copy)

    def remember(self, place: Place, key: bytes, asked: Statement, verdict: Verdict, *, by_text: bool) -> None:
        """Gives the lane the verdict for whoever asks the same; by_text: the same to the letter."""
        if by_text and not key.startswith(b"\0"):
            self.shared.table.remember(place.id, key, self.shared.verdicts.by_text)
            key = self.with_types(b"\0" + (asked.text or b""), asked)
        self.shared.table.remember(place.id, key, verdict)


def _moves_data(reading: Reading) -> bool:
    """Whether the statement inside a command may write what it reads."""
    return reading.kind == "create table as" or bool(reading.effects & WRITING)


def _placed(fields: Mapping[str, bytes], text: str, reading: Reading) -> Mapping[str, bytes]:
    """The error of a statement inside another, at its place in the whole text."""
    at, position = text.find(reading.inner or ""), fields.get("P", b"")
    return {**fields, "P": str(at + int(position)).encode()} if at > 0 and position.isdigit() else fields


def inner_text(reading: Reading) -> str | None:
    """The query whose rows a command hands on. That of COPY TO of a relation: see inner_of_copy."""
    return reading.inner
