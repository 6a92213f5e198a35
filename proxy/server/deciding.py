"""How a held statement is decided: known, probed, or by its text; one command, several, or a name of the session."""

import asyncio
from typing import NamedTuple

from proxy.decide.words import Judgement, Place
from proxy.errors import ProtocolViolation
from proxy.lane import verdict as lane
from proxy.lane.session import Session
from proxy.lane.verdict import Verdict
from proxy.model import Action, Literal, Reading
from proxy.relay.probe import Answers
from proxy.relay.words import Event
from proxy.server.answering import Again, Outcome, Resolved, Statement
from proxy.server.counting import Counting
from proxy.server.judging import NO_TEMPLATE, Judging
from proxy.server.names import Names
from proxy.server.several import BY_NAME, Several, apart
from proxy.server.shared import Seat
from proxy.template.lexer import LexedText


class Heard(NamedTuple):
    """A reading, what the server said of it, and whether it has taken the client's own Parse thereby."""

    reading: Reading
    answers: Answers | None
    parsed: bool


class Deciding:
    """Decides for one session."""

    def __init__(self, seat: Seat, session: Session) -> None:
        self._judging = Judging(seat, session)
        self._names, self._several = Names(self._judging), Several(self._judging)
        self._counting = Counting(self._judging)

    def completed(self, judged: Judgement) -> None:
        """A command that gives names a new meaning, or changes the catalog, has succeeded."""
        if judged.reading.ddl:
            self._judging.seat.catalog_changed = True
            self._judging.changing(judged.reading)
        self._names.completed(judged)

    def fallbacks(self, place: Place) -> tuple[Verdict, Verdict, Verdict]:
        """See Judging.fallbacks."""
        return self._judging.fallbacks(place)

    async def begin_replication(self) -> None:
        """A walsender takes no probe: only who may see everything gets in."""
        seat = self._judging.seat
        seat.place = await self._judging.shared.decider.place(
            self._judging.shared.login_of(seat.logged_in, seat.client_addr), ("replication",)
        )
        if seat.place.restricted:
            raise ProtocolViolation("replication carries every column, and this subject may not see all of them")
        seat.stand(seat.place)

    async def decide(self, asked: Statement) -> Outcome:
        """The answer to a message that the lane holds."""
        return self._counting.within(asked, await self._decide(asked))

    async def _decide(self, asked: Statement) -> Outcome:
        if asked.text is None:
            return await self._names.without_text(asked)
        place, options = self._judging.place(), self._judging.options()
        if asked.event is Event.BIND and place.restricted:
            await self._judging.forget_plans()
        lexed = self._judging.shared.lexer.lex(asked.text, options)
        whole = b"\0" + asked.text
        key = self._judging.with_types(whole if lexed.flags & NO_TEMPLATE else lexed.template, asked)
        found = self._known(place, key, self._judging.with_types(whole, asked))
        if found is not None:
            return Resolved(found)
        if self._judging.session.status == "E" and not self._judging.seat.logged_in.replication:
            return await self._aborted(place, key, asked, lexed.statements)
        if (flight := self._judging.shared.flights.get((place.id, key))) is not None:
            await flight.wait()
            if self._known(place, key, self._judging.with_types(whole, asked)) is not None:
                return Again() if asked.event in (Event.QUERY, Event.PARSE) else await self._decide(asked)
        return await self._fly(place, key, asked, lexed.statements, self._literals(place, asked.text, lexed))

    def _literals(self, place: Place, text: bytes, lexed: LexedText) -> tuple[Literal, ...]:
        """Where the literals are in the text that the server read; nowhere, where it read it converted."""
        if not text.isascii() and place.client_encoding.upper() != place.ground.snapshot.encoding.upper():
            return tuple(Literal(-1, -1) for _ in lexed.literals)
        return tuple(
            Literal(each.start, each.end, sign) for each, sign in zip(lexed.literals, lexed.signs, strict=True)
        )

    async def _fly(
        self, place: Place, key: bytes, asked: Statement, commands: int, literals: tuple[Literal, ...]
    ) -> Outcome:
        """Decides what nobody has decided; who misses the same meanwhile waits for this answer."""
        landed = self._judging.shared.flights.setdefault((place.id, key), asyncio.Event())
        try:
            if commands > 1 and asked.event is Event.QUERY:
                return await self._several.decide(place, key, asked)
            return await self._one(place, key, asked, literals)
        finally:
            landed.set()
            self._judging.shared.flights.pop((place.id, key), None)

    def _known(self, place: Place, key: bytes, whole: bytes) -> Verdict | None:
        found = self._judging.shared.table.find(place.id, key)
        if found is not None and found.flags & lane.FULL_TEXT:
            found = self._judging.shared.table.find(place.id, whole)
        if found is None or (found.flags & lane.ASK and not _counted(found)):
            return None
        return found

    async def _one(self, place: Place, key: bytes, asked: Statement, literals: tuple[Literal, ...]) -> Outcome:
        text, decider = asked.text or b"", self._judging.shared.decider
        decoded, options = self._judging.decode(text), self._judging.options()
        if (glance := decider.glance(decoded, options)) is not None:
            reads = asyncio.ensure_future(decider.read(decoded, options))
            try:
                answers, parsed = await self._ask(place, asked, glance)
                reading = await reads
            finally:
                reads.cancel()
            return await self._told(place, key, asked, literals, heard=Heard(reading, answers, parsed))
        reading = await decider.read(decoded, options)
        if (refused := decider.refuse_early(place, reading)) is not None:
            verdict = self._judging.verdict(refused, text)
            self._judging.remember(place, key, asked, verdict, by_text=True)
            return Resolved(verdict)
        if reading.kind in BY_NAME and place.restricted:
            return await self._names.command(place, asked, reading)
        if place.restricted and (explained := await self._names.explained(place, asked, reading)) is not None:
            return explained
        answers, parsed = await self._ask(place, asked, reading)
        return await self._told(place, key, asked, literals, heard=Heard(reading, answers, parsed))

    async def _ask(self, place: Place, asked: Statement, reading: Reading) -> tuple[Answers | None, bool]:
        """The probe, timed. reading: a glance is enough."""
        began = self._judging.shared.clock.monotonic_ns()
        answers, parsed = await self._judging.probe(place, asked, reading)
        if answers is not None:
            self._judging.shared.timings.probe.add(self._judging.shared.clock.monotonic_ns() - began)
        return answers, parsed

    async def _told(
        self, place: Place, key: bytes, asked: Statement, literals: tuple[Literal, ...], *, heard: Heard
    ) -> Outcome:
        """Decides what the server was asked about."""
        text, answers = asked.text or b"", heard.answers
        trees: tuple[bytes, ...] | None = None
        if answers is not None:
            if not answers.statements:
                raise ProtocolViolation("the server does not answer the probe")
            if (error := answers.statements[0].error) is not None:
                return await self._judging.rejected(place, asked, heard.reading, error, answers)
            trees = answers.statements[0].trees or None
            self._pass_notices(asked, answers)
        began = self._judging.shared.clock.monotonic_ns()
        judged, lasts = await self._judging.judge(place, heard.reading, trees, literals)
        self._judging.shared.timings.analysis.add(self._judging.shared.clock.monotonic_ns() - began)
        self._judging.changing(judged.reading)
        verdict = self._judging.verdict(judged, text, extra=0 if lasts else lane.ASK)
        if lasts:
            self._judging.remember(place, key, asked, verdict, by_text=judged.by_text)
        return Resolved(verdict, parsed=heard.parsed)

    def _pass_notices(self, asked: Statement, answers: Answers) -> None:
        """The notices of a client's own Parse are the client's; a simple Query will raise its own again."""
        if asked.event is Event.PARSE:
            for frame in answers.statements[0].notices:
                self._judging.session.say(frame)

    async def _aborted(self, place: Place, key: bytes, asked: Statement, commands: int) -> Outcome:
        """In a failed transaction the server takes nothing but its end, and nothing can be asked."""
        text = asked.text or b""
        if commands > 1 and asked.event is Event.QUERY and not place.restricted:
            return await self._several.decide(place, key, asked)
        reading = await self._judging.shared.decider.read(self._judging.decode(text), self._judging.options())
        judged = await self._judging.shared.decider.judge(place, reading, None)
        if reading.kind == "several" and place.restricted:
            return Resolved(self._judging.verdict(apart(judged), text, extra=lane.ASK))
        if "transaction" in reading.effects and judged.decision.action is Action.ALLOW:
            return Resolved(self._judging.verdict(judged, text, extra=lane.ASK))
        return Resolved(self._judging.nothing(place, asked, judged))


def _counted(verdict: Verdict) -> bool:
    """Whether the lane asks about a decision that stands, only so that its guesses are counted."""
    judged = verdict.decision
    return isinstance(judged, Judgement) and bool(judged.decision.guesses) and judged.reading.kind not in BY_NAME
