"""How a held statement is decided: known, probed, or by its text alone; one command, several, or a name of the session."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from msgspec.structs import replace

from proxy.decide.words import ContextId, Facts, Judgement, Place
from proxy.errors import ProtocolViolation
from proxy.lane import verdict as lane
from proxy.lane.session import Session
from proxy.lane.table import Table
from proxy.lane.verdict import Verdict
from proxy.masking.rows import RowMask
from proxy.model import Action, CopyWay, Decision, Footprint, Literal, Oid, Reading
from proxy.observe.clock import SystemClock
from proxy.observe.histogram import Durations
from proxy.relay.login_words import LoggedIn
from proxy.relay.probe import Answers, probe_inner, probe_parse, probe_texts, read_answers
from proxy.relay.words import Event
from proxy.server.answering import Again, Failed, Outcome, Resolved, Statement
from proxy.server.scrub import report, trim
from proxy.server.verdicts import DIGESTS, NOTHING, Recorder, Verdicts
from proxy.template.fingerprint import fingerprint
from proxy.template.lexer import Lexer, split
from proxy.wire.constants import ServerType
from proxy.wire.frame import pack
from proxy.wire.messages.report import ErrorResponse

if TYPE_CHECKING:
    from proxy.server.driver import Driver

BY_NAME: Final = frozenset({"fetch", "move", "execute"})
EXPECT_NOTHING: Final = lane.ASK | lane.TAINTED
"""The server will reject it, or answers without rows: a result would be a contradiction, and ends the session."""
OPAQUE: Final = frozenset({"do", "call"})


class Decides(Protocol):
    """The decide room."""

    async def place(self, login: object, meaning: tuple[str, ...], *, changed: bool = False) -> Place: ...
    async def read(self, text: str, options: int = 0) -> Reading: ...
    async def judge(
        self, place: Place, reading: Reading, trees: Sequence[bytes] | None, literals: Sequence[Literal] = ()
    ) -> Judgement: ...
    def judge_footprint(
        self, place: Place, reading: Reading, footprint: Footprint | None, literals: Sequence[Literal] = ()
    ) -> Judgement: ...
    def stricter(self, place: Place, columns: Sequence[tuple[Oid, int] | None]) -> tuple[RowMask, bytes]: ...


class Records(Recorder, Protocol):
    """The journal, as far as a session asks it for more than entries."""

    def define_session(self, place: Place, identity: str) -> int: ...
    def release_session(self, reference: int) -> None: ...
    def note(self, session: int, serial: int, kind: str, facts: Mapping[str, object]) -> None: ...


class Timings:
    """How long the cold path takes."""

    def __init__(self) -> None:
        self.probe, self.analysis = Durations(), Durations()


class Shared:
    """What all drivers of a worker have in common."""

    def __init__(self, *, decider: Decides, table: Table, recorder: Records | None, login: type) -> None:
        self.decider, self.table, self.recorder = decider, table, recorder
        self.timings, self.clock = Timings(), SystemClock()
        self.verdicts, self.lexer = Verdicts(recorder, self.clock), Lexer()
        self.flights: dict[tuple[ContextId, bytes], asyncio.Event] = {}
        self._login = login

    def login_of(self, logged_in: LoggedIn, client_addr: str) -> object:
        """Who has logged in, in the decider's words."""
        application = logged_in.startup.get("application_name", "")
        return self._login(logged_in.user, logged_in.database, client_addr, application)

    def define_session(self, place: Place) -> tuple[int, str]:
        """The journal's reference of a session, and the name that its records and error references carry."""
        identity = secrets.token_hex(6)
        return (0 if self.recorder is None else self.recorder.define_session(place, identity)), identity

    def note_error(self, session: int, serial: int, reference: str, fields: Mapping[str, bytes]) -> None:
        """What a reader was not told stands in the record."""
        if self.recorder is not None and session:
            said = {letter: text.decode("utf-8", "replace") for letter, text in fields.items()}
            self.recorder.note(session, serial, "error", {"error_ref": reference, "fields": said})

    def release_session(self, reference: int) -> None:
        """No record of that session will follow."""
        if self.recorder is not None:
            self.recorder.release_session(reference)

    def stricter(
        self, place: Place, judged: Judgement, verdict: Verdict, columns: Sequence[tuple[Oid, int] | None]
    ) -> Verdict:
        """The same statement with constants in the columns given."""
        mask, covered = self.decider.stricter(place, columns)
        made = Verdict(
            flags=verdict.flags | lane.TAINTED,
            columns=len(columns),
            statement=verdict.statement,
            values_as=DIGESTS,
            mask=mask,
            covered=covered,
            decision=replace(judged, mask=mask, covered=covered, columns=len(columns)),
        )
        return self.verdicts.keep(made)


class Deciding:
    """Decides for one session. Cursors and prepared statements of SQL are remembered as the server acknowledges them."""

    def __init__(self, driver: "Driver", session: Session) -> None:
        self._driver, self._session, self._shared = driver, session, driver.shared
        self._cursors: dict[str, Judgement] = {}
        self._prepared: dict[str, tuple[str, Judgement]] = {}

    # -- beginning and ending --

    async def begin_replication(self) -> None:
        """A walsender takes no probe: only who may see everything gets in."""
        driver = self._driver
        driver.place = await self._shared.decider.place(
            self._shared.login_of(driver.logged_in, driver.client_addr), ("replication",)
        )
        if driver.place.restricted:
            raise ProtocolViolation("replication carries every column, and this subject may not see all of them")
        driver.stand(driver.place)

    def fallbacks(self, place: Place) -> tuple[Verdict, Verdict]:
        """The verdicts of what has no text: an Execute whose portal the protocol did not bind (asked each time where
        the reader is restricted), and a FunctionCall (refused to a restricted reader)."""
        call = self._textless(place, "function call", frozenset({"function"}), refuse=place.restricted)
        return self._textless(place, "execute", frozenset(), refuse=False), call

    def _textless(self, place: Place, kind: str, effects: frozenset[str], *, refuse: bool) -> Verdict:
        decision = Decision(
            action=Action.REFUSE if refuse else Action.ALLOW,
            subject=place.subject_name,
            rule="opaque" if refuse else "",
            reason="opaque" if refuse else "ok",
            message='refused by pgwarden rule "opaque"' if refuse else "",
            hint="Call the function in a SELECT: a FunctionCall message cannot be analysed." if refuse else "",
            tainted=place.restricted,
            digest=True,
            restricted=place.restricted,
        )
        facts = Facts(kind=kind, effects=tuple(sorted(effects)), relations=(), columns=(), masked=())
        reading = Reading(kind=kind, effects=effects, changes_state=False, ddl=False)
        judged = Judgement(decision=decision, reading=reading, footprint=None, facts=facts)
        return self._shared.verdicts.of(judged, sql="", fingerprint="", values_as=NOTHING)

    def completed(self, judged: Judgement, tag: bytes) -> None:
        """A command that gives names a new meaning has succeeded."""
        reading = judged.reading
        if reading.ddl:
            self._driver.catalog_changed = True
        name = reading.name or ""
        match reading.kind:
            case "declare":
                self._session.forget_portals()
                self._cursors[name] = judged
            case "close":
                self._cursors.pop(name, None)
            case "prepare":
                self._session.forget_statements()
                self._prepared[name] = (reading.inner or "", judged)
            case "deallocate":
                self._session.forget_statements()
                self._prepared.pop(name, None)
            case "close all":
                self._cursors.clear()
            case "deallocate all" | "discard all":
                self._session.forget_statements()
                self._prepared.clear()
            case _:
                pass

    # -- deciding --

    async def decide(self, asked: Statement) -> Outcome:
        """The answer to a message that the lane holds."""
        if asked.text is None:
            return await self._by_name(asked)
        place, options = self._place(), self._options()
        lexed = self._shared.lexer.lex(asked.text, options)
        whole = b"\0" + asked.text
        key = self._with_types(whole if lexed.flags & _NO_TEMPLATE else lexed.template, asked)
        found = self._known(place, key, self._with_types(whole, asked))
        if found is not None:
            return Resolved(found)
        if self._session.status == "E" and not self._driver.logged_in.replication:
            return await self._aborted(asked)
        if (flight := self._shared.flights.get((place.id, key))) is not None:
            await flight.wait()
            if self._known(place, key, self._with_types(whole, asked)) is not None:
                return Again() if asked.event in (Event.QUERY, Event.PARSE) else await self.decide(asked)
        return await self._fly(place, key, asked, lexed.statements, tuple(_literal(each) for each in lexed.literals))

    async def _fly(
        self, place: Place, key: bytes, asked: Statement, commands: int, literals: tuple[Literal, ...]
    ) -> Outcome:
        """Decides what nobody has decided; who misses the same meanwhile waits for this answer."""
        landed = self._shared.flights.setdefault((place.id, key), asyncio.Event())
        try:
            if commands > 1 and asked.event is Event.QUERY:
                return await self._several(place, key, asked)
            return await self._one(place, key, asked, literals)
        finally:
            landed.set()
            self._shared.flights.pop((place.id, key), None)

    def _known(self, place: Place, key: bytes, whole: bytes) -> Verdict | None:
        found = self._shared.table.find(place.id, key)
        if found is not None and found.flags & lane.FULL_TEXT:
            found = self._shared.table.find(place.id, whole)
        return found if found is not None and not found.flags & lane.ASK else None

    async def _one(self, place: Place, key: bytes, asked: Statement, literals: tuple[Literal, ...]) -> Outcome:
        text = asked.text or b""
        reading = await self._shared.decider.read(self._decode(text), self._options())
        if reading.kind in BY_NAME and place.restricted:
            return await self._named_command(place, asked, reading)
        asked_at = self._shared.clock.monotonic_ns()
        answers, parsed = await self._probe(place, asked, reading)
        told_at = self._shared.clock.monotonic_ns()
        if answers is not None:
            self._shared.timings.probe.add(told_at - asked_at)
        trees: tuple[bytes, ...] | None = None
        if answers is not None:
            if not answers.statements:
                raise ProtocolViolation("the server does not answer the probe")
            if (error := answers.statements[0].error) is not None:
                return await self._rejected(place, asked, reading, error, answers)
            trees = answers.statements[0].trees or None
            self._pass_notices(asked, answers)
        judged = await self._shared.decider.judge(place, reading, trees, literals)
        self._shared.timings.analysis.add(self._shared.clock.monotonic_ns() - told_at)
        verdict = self._verdict(judged, text)
        self._remember(place, key, asked, verdict, by_text=judged.by_text)
        return Resolved(verdict, parsed=parsed)

    async def _probe(self, place: Place, asked: Statement, reading: Reading) -> tuple[Answers | None, bool]:
        """Asks the server where it can tell, and whether it has taken the client's own Parse thereby."""
        moment = self._driver.moment
        if moment is None:
            return None, False
        if reading.probe and asked.event is Event.PARSE:
            frames = await self._driver.ask(probe_parse(moment, pack(b"P", asked.parse)))
            answers = read_answers(frames, moment, 1)
            return answers, bool(answers.statements) and answers.statements[0].error is None
        text = asked.text if reading.probe else self._inner(place, reading)
        if text is None:
            return None, False
        if asked.event is Event.QUERY:
            question = probe_texts(moment, [text])
        else:
            question = probe_inner(moment, text, asked.types)
        return read_answers(await self._driver.ask(question), moment, 1), False

    def _inner(self, place: Place, reading: Reading) -> bytes | None:
        """The query whose rows a command hands on, where its reader may not see everything."""
        if not place.restricted:
            return None
        if reading.inner is not None:
            return self._encode(reading.inner)
        if reading.copy is not None and reading.copy.way is CopyWay.TO and reading.copy.relation is not None:
            columns = ", ".join(reading.copy.columns) or "*"
            return self._encode(f"select {columns} from only {reading.copy.relation}")
        return None

    async def _rejected(
        self, place: Place, asked: Statement, reading: Reading, error: ErrorResponse, answers: Answers
    ) -> Failed:
        """The server does not take the statement: its own error is the answer, without what quotes rows."""
        judged = await self._shared.decider.judge(place, reading, None)
        verdict = self._verdict(
            replace(judged, decision=replace(judged.decision, action=Action.ALLOW, digest=True)), asked.text or b"",
        )  # fmt: skip
        fields = trim(error.fields) if place.restricted else error.fields
        ready = b""
        if asked.event is Event.QUERY:
            status = answers.status.value if answers.status is not None else self._session.status.encode()
            ready = pack(ServerType.READY_FOR_QUERY, status)
        return Failed(report(ServerType.ERROR_RESPONSE, fields), verdict, error.sqlstate.encode(), ready)

    def _pass_notices(self, asked: Statement, answers: Answers) -> None:
        """The notices of a client's own Parse are the client's; a simple Query will raise its own again."""
        if asked.event is Event.PARSE:
            for frame in answers.statements[0].notices:
                self._session.say(frame)

    # -- several commands in one string --

    async def _several(self, place: Place, key: bytes, asked: Statement) -> Outcome:
        """Each command is decided, before any runs. Where a later one may depend on what an earlier one does, a
        restricted reader is asked to send them apart."""
        text = asked.text or b""
        places = split(text, self._options()) or []
        texts = [text[start:end] for start, end in places]
        readings = [await self._shared.decider.read(self._decode(each), self._options()) for each in texts]
        trees = await self._probe_all(place, texts, readings)
        if isinstance(trees, Failed):
            return trees
        judged = [
            await self._shared.decider.judge(place, reading, tree)
            for reading, tree in zip(readings, trees, strict=True)
        ]
        if place.restricted and (bad := _forbidden(judged, readings)) is not None:
            verdict = self._verdict(bad, text)
        else:
            commands = tuple(self._command(each, part) for each, part in zip(judged, texts, strict=True))
            flags = 0
            for each in commands:
                flags |= each.flags & ~(lane.REFUSE | lane.ASK)
            refused = next((each for each in judged if each.decision.action is not Action.ALLOW), None)
            if refused is not None:
                verdict = self._verdict(refused, text)
            else:
                verdict = self._shared.verdicts.keep(Verdict(flags=flags, decision=judged[0], commands=commands))
        self._remember(place, key, asked, verdict, by_text=True)
        return Resolved(verdict)

    async def _probe_all(
        self, place: Place, texts: list[bytes], readings: list[Reading]
    ) -> list[tuple[bytes, ...] | None] | Failed:
        """The trees of all commands, None for those that have none or cannot be asked before the others have run."""
        moment = self._driver.moment
        trees: list[tuple[bytes, ...] | None] = [None] * len(texts)
        if moment is None or any(_moves(reading) for reading in readings):
            return trees
        asked = [at for at, reading in enumerate(readings) if reading.probe]
        if not asked:
            return trees
        frames = await self._driver.ask(probe_texts(moment, [texts[at] for at in asked]))
        answers = read_answers(frames, moment, len(asked))
        for at, answer in zip(asked, answers.statements, strict=False):
            if answer.error is not None:
                return await self._rejected(
                    place, Statement(Event.QUERY, texts[at]), readings[at], answer.error, answers
                )
            trees[at] = answer.trees or None
        return trees

    # -- names of the session --

    async def _by_name(self, asked: Statement) -> Outcome:
        """A statement or portal that only SQL can have made. What SQL did not make either, the server will not know."""
        place, name = self._place(), self._decode(asked.name)
        if asked.event is Event.BIND and name in self._prepared:
            inner, judged = self._prepared[name]
            return await self._prepared_again(place, inner, judged, judged.reading)
        if asked.event is Event.EXECUTE and name in self._cursors:
            judged = self._cursors[name]
            return Resolved(self._verdict(judged, b"", extra=lane.ASK))
        if not place.restricted:
            judged = await self._shared.decider.judge(place, await self._shared.decider.read(""), None)
            return Resolved(self._verdict(judged, b"", extra=lane.ASK))
        return Resolved(self._nothing(place, asked))

    async def _named_command(self, place: Place, asked: Statement, reading: Reading) -> Outcome:
        """FETCH, MOVE and EXECUTE of a restricted reader: what was declared or prepared decides."""
        text, name = asked.text or b"", reading.name or ""
        if reading.kind == "execute":
            if name not in self._prepared:
                return Resolved(self._nothing(place, asked))
            inner, judged = self._prepared[name]
            return await self._prepared_again(place, inner, judged, reading)
        if name not in self._cursors:
            return Resolved(self._nothing(place, asked))
        declared = self._cursors[name]
        judged = self._shared.decider.judge_footprint(place, reading, declared.footprint)
        return Resolved(self._verdict(judged, text, extra=lane.ASK))

    async def _prepared_again(self, place: Place, inner: str, judged: Judgement, reading: Reading) -> Outcome:
        """A prepared statement is understood anew by the server whenever names may have changed: so it is here."""
        moment = self._driver.moment
        footprint = judged.footprint
        if moment is not None and inner and self._session.status != "E":
            end_of_batch = self._session.phase == 0
            question = probe_texts(moment, [self._encode(inner)]) if end_of_batch else probe_inner(
                moment, self._encode(inner), b"\0\0"
            )  # fmt: skip
            answers = read_answers(await self._driver.ask(question), moment, 1)
            if answers.statements and answers.statements[0].error is None:
                again = await self._shared.decider.judge(place, reading, answers.statements[0].trees or None)
                return Resolved(self._verdict(again, b"", extra=lane.ASK))
        decided = self._shared.decider.judge_footprint(place, reading, footprint)
        return Resolved(self._verdict(decided, b"", extra=lane.ASK))

    async def _aborted(self, asked: Statement) -> Outcome:
        """In a failed transaction the server takes nothing but its end, and nothing can be asked."""
        place, text = self._place(), asked.text or b""
        reading = await self._shared.decider.read(self._decode(text), self._options())
        judged = await self._shared.decider.judge(place, reading, None)
        if reading.kind == "several" and place.restricted:
            return Resolved(self._verdict(_apart(judged), text, extra=lane.ASK))
        if "transaction" in reading.effects and judged.decision.action is Action.ALLOW:
            return Resolved(self._verdict(judged, text, extra=lane.ASK))
        return Resolved(self._nothing(place, asked, judged))

    def _nothing(self, place: Place, asked: Statement, judged: Judgement | None = None) -> Verdict:
        """Passes what the server will reject; should it answer with rows, the session ends."""
        if judged is None:
            facts = Facts(kind="unknown", effects=(), relations=(), columns=(), masked=())
            reading = Reading(kind="unknown", effects=frozenset())
            decision = Decision(action=Action.ALLOW, subject=place.subject_name, reason="ok", tainted=True, digest=True)
            judged = Judgement(decision=decision, reading=reading, footprint=None, facts=facts)
        expected = replace(judged, columns=0, decision=replace(judged.decision, action=Action.ALLOW, tainted=True))
        flags = EXPECT_NOTHING | (0 if place.restricted else lane.COPY)
        statement = self._shared.verdicts.of(expected, sql=self._sql(asked.text or b""), fingerprint="")
        made = Verdict(
            flags=flags,
            columns=0 if place.restricted else -1,
            statement=statement.statement,
            values_as=DIGESTS if asked.event is not Event.EXECUTE else NOTHING,
            decision=expected,
        )
        return self._shared.verdicts.keep(made)

    # -- small change --

    def _place(self) -> Place:
        if self._driver.place is None:
            raise ProtocolViolation("a statement came before the session knew its place")
        return self._driver.place

    def _options(self) -> int:
        return self._driver.lex_options

    def _with_types(self, key: bytes, asked: Statement) -> bytes:
        return key + b"\0" + asked.type_oids if asked.type_oids else key

    def _decode(self, text: bytes) -> str:
        return text.decode(self._driver.codec, "surrogateescape")

    def _encode(self, text: str) -> bytes:
        return text.encode(self._driver.codec, "surrogateescape")

    def _sql(self, text: bytes) -> str:
        """The statement as its record shows it: its template, whose literals each record holds for itself."""
        lexed = self._shared.lexer.lex(text, self._options())
        if lexed.flags & _NO_TEMPLATE:
            return "(not stored: its literals cannot be told from the rest)"
        return self._decode(lexed.template)

    def _verdict(self, judged: Judgement, text: bytes, *, extra: int = 0) -> Verdict:
        lexed = self._shared.lexer.lex(text, self._options())
        made = self._shared.verdicts.of(
            judged,
            sql=self._sql(text),
            fingerprint=fingerprint(lexed.template),
            extra=extra,
        )
        return made

    def _command(self, judged: Judgement, text: bytes) -> Verdict:
        """One of several: the whole string is its key, so its record may show its own text."""
        clear = not judged.decision.digest and not judged.reading.secret
        sql = self._decode(text) if clear else self._sql(text)
        template = self._shared.lexer.lex(text, self._options()).template
        return self._shared.verdicts.of(judged, sql=sql, fingerprint=fingerprint(template), values_as=NOTHING)

    def _remember(self, place: Place, key: bytes, asked: Statement, verdict: Verdict, *, by_text: bool) -> None:
        if by_text and not key.startswith(b"\0"):
            self._shared.table.remember(place.id, key, self._shared.verdicts.by_text)
            key = self._with_types(b"\0" + (asked.text or b""), asked)
        self._shared.table.remember(place.id, key, verdict)


_NO_TEMPLATE: Final = 3  # proxy.template.lexer: BROKEN or OVERFLOW


def _literal(each: tuple[int, int, int]) -> Literal:
    return Literal(each[0], each[1])


def _moves(reading: Reading) -> bool:
    """Whether what follows in the same string may mean something else once this has run."""
    harmless = "transaction" in reading.effects and reading.kind not in ("rollback to", "prepare transaction")
    return not harmless and (reading.changes_state or reading.ddl or bool(reading.effects & OPAQUE))


def _forbidden(judged: list[Judgement], readings: list[Reading]) -> Judgement | None:
    """The judgement that refuses a restricted reader's string, where one of its commands may change the others."""
    if any(_moves(reading) or reading.kind in BY_NAME for reading in readings):
        return _apart(judged[0])
    return None


def _apart(judged: Judgement) -> Judgement:
    decision = replace(
        judged.decision,
        action=Action.REFUSE,
        rule="several-commands",
        reason="several-commands",
        message='refused by pgwarden rule "several-commands"',
        hint="Send the commands one at a time: a later one may depend on what an earlier one does.",
    )
    return replace(judged, decision=decision)
