"""Several commands in one Query: each is decided before any runs, and a later one may not hang on an earlier one."""

from typing import Final

from msgspec.structs import replace

from proxy.decide.words import Judgement, Place
from proxy.lane import verdict as lane
from proxy.lane.verdict import Verdict
from proxy.model import Action, Reading
from proxy.relay.probe import probe_texts, read_answers
from proxy.relay.words import Event
from proxy.server.answering import Failed, Outcome, Resolved, Statement
from proxy.server.judging import Judging
from proxy.template.lexer import split

BY_NAME: Final = frozenset({"fetch", "move", "execute"})
"""Commands that mean what the session declared or prepared before."""
OPAQUE: Final = frozenset({"do", "call"})


class Several:
    """Decides a string of several commands."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging

    async def decide(self, place: Place, key: bytes, asked: Statement) -> Outcome:
        """Each command is decided, before any runs. Where a later one may depend on what an earlier one does, a
        restricted reader is asked to send them apart."""
        text = asked.text or b""
        places = split(text, self._judging.options()) or []
        texts = [text[start:end] for start, end in places]
        readings = [
            await self._judging.shared.decider.read(self._judging.decode(each), self._judging.options())
            for each in texts
        ]
        probed = await self._probe_all(place, texts, readings)
        if isinstance(probed, Failed):
            return probed
        trees, rejected = probed
        judged = [
            await self._judging.shared.decider.judge(place, reading, tree)
            for reading, tree in zip(readings, trees, strict=True)
        ]
        if place.restricted:
            judged = self._fetched(place, judged, readings)
        if place.restricted and (bad := _forbidden(judged, readings)) is not None:
            verdict = self._judging.verdict(bad, text)
        else:
            commands = tuple(self._judging.command(each, part) for each, part in zip(judged, texts, strict=True))
            flags = 0
            for each in commands:
                flags |= each.flags & ~(lane.REFUSE | lane.ASK)
            refused = next((each for each in judged if each.decision.action is not Action.ALLOW), None)
            if refused is not None:
                verdict = self._judging.verdict(refused, text)
            else:
                verdict = self._judging.shared.verdicts.keep(
                    Verdict(flags=flags, decision=judged[0], commands=commands)
                )
        if self._judging.session.status != "E" and not rejected:
            self._judging.remember(place, key, asked, verdict, by_text=True)
        return Resolved(verdict)

    def _fetched(self, place: Place, judged: list[Judgement], readings: list[Reading]) -> list[Judgement]:
        """FETCH and MOVE from a cursor that the string itself has declared are decided as that query. Where DECLARE
        fails the string ends with it; where it succeeds the name means this cursor, or, after the end of its
        transaction, none."""
        found, declared = list(judged), dict[str | None, Judgement]()
        for at, reading in enumerate(readings):
            if reading.kind == "declare":
                declared[reading.name] = judged[at]
            elif reading.kind in ("fetch", "move") and reading.name in declared:
                footprint = declared[reading.name].footprint
                found[at] = self._judging.shared.decider.judge_footprint(place, reading, footprint)
        return found

    async def _probe_all(
        self, place: Place, texts: list[bytes], readings: list[Reading]
    ) -> tuple[list[tuple[bytes, ...] | None], bool] | Failed:
        """The trees of all commands, None for those that have none or cannot be asked before the others have run; and
        whether the server rejects one. To whoever may see everything the server says so itself, in its place in the
        whole string and behind what the commands before it give; what comes after it does not run."""
        moment = self._judging.moment
        trees: list[tuple[bytes, ...] | None] = [None] * len(texts)
        failed = self._judging.session.status == "E"  # nothing can be asked there
        if moment is None or failed or any(moves(reading) for reading in readings):
            return trees, False
        inner = {
            at: self._judging.inner(place, reading, texts[at])
            for at, reading in enumerate(readings)
            if place.restricted and reading.kind == "declare"
        }
        asked = [at for at, reading in enumerate(readings) if reading.probe or inner.get(at) is not None]
        if not asked:
            return trees, False
        frames = await self._judging.seat.ask(probe_texts(moment, [inner.get(at) or texts[at] for at in asked]))
        answers = read_answers(frames, moment, len(asked))
        for at, answer in zip(asked, answers.statements, strict=False):
            if answer.error is not None and not place.restricted:
                return trees, True
            if answer.error is not None:
                return await self._judging.rejected(
                    place, Statement(Event.QUERY, texts[at]), readings[at], answer.error, answers
                )
            trees[at] = answer.trees or None
        return trees, False


def moves(reading: Reading) -> bool:
    """Whether what follows in the same string may mean something else once this has run."""
    harmless = "transaction" in reading.effects and reading.kind not in ("rollback to", "prepare transaction")
    return not harmless and (reading.changes_state or reading.ddl or bool(reading.effects & OPAQUE))


def _forbidden(judged: list[Judgement], readings: list[Reading]) -> Judgement | None:
    """The judgement that refuses a restricted reader's string, where one of its commands may change the others."""
    guessing = any(each.decision.guesses for each in judged)  # counted one by one
    if guessing or any(moves(reading) for reading in readings):
        return apart(judged[0])
    declared = set[str | None]()
    for reading in readings:
        if reading.kind in BY_NAME and (reading.kind == "execute" or reading.name not in declared):
            return apart(judged[0])
        if reading.kind == "declare" and reading.name is not None:
            declared.add(reading.name)
    return None


def apart(judged: Judgement) -> Judgement:
    """The judgement that refuses: send them one at a time."""
    decision = replace(
        judged.decision,
        action=Action.REFUSE,
        rule="several-commands",
        reason="several-commands",
        message='refused by pgwarden rule "several-commands"',
        hint="Send the commands one at a time: a later one may depend on what an earlier one does.",
    )
    return replace(judged, decision=decision)
