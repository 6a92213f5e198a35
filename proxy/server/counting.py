"""Guesses at protected values are counted at each execution, where the subject has a budget of them."""

from typing import Final

from proxy.decide.words import Judgement
from proxy.lane import verdict as lane
from proxy.model import Action
from proxy.relay.words import Event
from proxy.server.answering import Outcome, Resolved, Statement
from proxy.server.judging import NO_TEMPLATE, Judging
from proxy.wire.messages.bind import Bind

EXECUTING: Final = frozenset({Event.QUERY, Event.BIND})
"""A Parse executes nothing: its literals are counted when it is bound."""


class Counting:
    """Counts for one session. The lane asks before each execution of a statement whose guesses count (lane.ASK)."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging

    def within(self, asked: Statement, outcome: Outcome) -> Outcome:
        """The outcome, or the refusal where the guesses would go over the budget."""
        judged = outcome.verdict.decision if isinstance(outcome, Resolved) else None
        if not isinstance(outcome, Resolved) or not isinstance(judged, Judgement) or asked.event not in EXECUTING:
            return outcome
        if not judged.decision.guesses or judged.decision.action is not Action.ALLOW:
            return outcome
        over = self._judging.shared.decider.over_budget(self._judging.place(), judged, self._values(asked))
        if over is None:
            return outcome
        return Resolved(self._judging.verdict(over, asked.text or b"", extra=lane.ASK), parsed=outcome.parsed)

    def _values(self, asked: Statement) -> frozenset[bytes]:
        """Every literal and every bound value; a text without any is a guess as a whole (`where flag = true`)."""
        found = set[bytes]()
        if asked.text is not None:
            lexed = self._judging.shared.lexer.lex(asked.text, self._judging.options())
            if lexed.flags & NO_TEMPLATE:  # its literals cannot be told from the rest
                found.add(asked.text)
            found.update(asked.text[each.start : each.end] for each in lexed.literals)
        if asked.bind:
            found.update(value for value in Bind.decode(asked.bind).parameters if value is not None)
        return frozenset(found or {asked.text or asked.name})
