"""Judgements become verdicts: flags, a ready-made error, the journal's reference. The lane carries pointers to them,
so each is kept until nothing points at it any more."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from msgspec.structs import replace

from proxy.decide.words import Facts, Judgement
from proxy.lane import verdict as lane
from proxy.lane.verdict import Verdict
from proxy.masking.copying import CopyMask
from proxy.model import Action, Footprint
from proxy.observe.clock import Clock
from proxy.wire.constants import ErrorField, ServerType
from proxy.wire.frame import pack

CLEAR: Final = 1
DIGESTS: Final = 2
NOTHING: Final = 0
YOUNG_NS: Final = 120_000_000_000
SWEEP: Final = 64
"""Verdicts that are looked at, for whether they are still in use, whenever one is made."""

ASKED_EACH_TIME: Final = frozenset({"fetch", "move", "execute"})
"""Commands that mean what the session declared or prepared before."""
NAMES_SOMETHING: Final = frozenset({"declare", "prepare", "deallocate", "deallocate all", "close", "close all"})
"""Commands after which a name of SQL means something else."""


class Recorder(Protocol):
    """The part of the journal that keeps what many records share."""

    def define_statement(self, facts: Facts, *, sql: str, fingerprint: str, decision: str, rule: str) -> int:
        """A reference for the lane."""

    def release_statement(self, reference: int) -> None:
        """No record will name it again."""


class Verdicts:
    """Makes verdicts and keeps them while they are in use."""

    def __init__(self, recorder: Recorder | None, clock: Clock) -> None:
        self._recorder, self._clock, self._kept = recorder, clock, deque[_Held]()
        self.by_text = Verdict(flags=lane.FULL_TEXT)
        self._refused = Counter[str]()

    def of(
        self,
        judgement: Judgement,
        *,
        sql: str,
        fingerprint: str,
        values_as: int | None = None,
        extra: int = 0,
        copy: CopyMask | None = None,
    ) -> Verdict:
        """The verdict of one statement. sql: as its record shows it; values_as: what the record keeps of literals and
        parameters, by default what the decision says; extra: flags beside those that follow from it; copy: the
        masks of a COPY's stream."""
        decision, refused = judgement.decision, judgement.decision.action is not Action.ALLOW
        if values_as is None:
            values_as = NOTHING if judgement.reading.secret else DIGESTS if decision.digest else CLEAR
        made = Verdict(
            flags=flags_of(judgement) | extra | (lane.REFUSE if refused else 0),
            columns=judgement.columns,
            statement=self._define(judgement, sql, fingerprint),
            values_as=values_as,
            mask=None if refused else judgement.mask,
            covered=b"" if refused else judgement.covered,
            error=refusal(judgement) if refused else b"",
            sqlstate=decision.sqlstate.encode(),
            decision=judgement,
            copy=None if refused else copy,
        )
        self._hold(made, owns=made.statement)
        return made

    def keep(self, verdict: Verdict) -> Verdict:
        """Holds a verdict that shares another's reference, until the lane has let go of it."""
        self._hold(verdict, owns=0)
        return verdict

    def _hold(self, verdict: Verdict, *, owns: int) -> None:
        self._sweep()
        self._kept.append(_Held(verdict, owns, self._clock.monotonic_ns()))

    @property
    def refusals(self) -> Mapping[str, int]:
        """How many statements each rule has refused."""
        counted = Counter(self._refused)
        for held in self._kept:
            _count(held.verdict, counted)
        return counted

    def _define(self, judgement: Judgement, sql: str, fingerprint: str) -> int:
        if self._recorder is None:
            return 0
        decision = judgement.decision
        name = "masked" if judgement.mask is not None and decision.action is Action.ALLOW else decision.action.value
        return self._recorder.define_statement(
            _writable_facts(judgement.facts),
            sql=_writable(sql),
            fingerprint=fingerprint,
            decision=name,
            rule=decision.rule,
        )

    def _sweep(self) -> None:
        """Looks at the oldest: what nobody uses goes, with its reference; the rest goes to the end of the row. A young
        one may be on its way to the lane."""
        now = self._clock.monotonic_ns()
        for _ in range(min(SWEEP, len(self._kept))):
            if now - self._kept[0].since_ns < YOUNG_NS:
                return
            oldest = self._kept.popleft()
            if oldest.verdict.in_use:
                self._kept.append(_Held(oldest.verdict, oldest.owns, now))
                continue
            _count(oldest.verdict, self._refused)
            if oldest.owns and self._recorder is not None:
                self._recorder.release_statement(oldest.owns)


def _writable(text: str) -> str:
    """The text with bytes that are nothing in the client's encoding written out: no record could hold them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _writable_facts(facts: Facts) -> Facts:
    """The same for the names that a statement's text gives."""
    relations = tuple(map(_writable, facts.relations))
    return replace(facts, relations=relations, disagreement=_writable(facts.disagreement))


class _Held(NamedTuple):
    """A verdict, the journal's reference that goes with it (0: none, or another's), and when it was last looked at."""

    verdict: Verdict
    owns: int
    since_ns: int


def _count(verdict: Verdict, into: Counter[str]) -> None:
    if verdict.times and isinstance(verdict.decision, Judgement):
        into[verdict.decision.decision.rule] += verdict.times


def flags_of(judgement: Judgement) -> int:
    """What the lane must know of a statement to keep the session's state true."""
    reading, decision, flags = judgement.reading, judgement.decision, 0
    if "transaction" in reading.effects:
        flags |= lane.TRANSACTION
        if reading.kind == "rollback to":  # takes back what was set and made since, while the transaction goes on
            flags |= lane.STATE | lane.BARRIER
    elif reading.changes_state or reading.ddl or judgement.sets:
        flags |= lane.STATE | lane.BARRIER
    if reading.ddl or reading.kind in NAMES_SOMETHING:
        flags |= lane.NOTIFY | lane.BARRIER
    if reading.kind in ASKED_EACH_TIME and decision.restricted:
        flags |= lane.ASK
    if decision.guesses:
        flags |= lane.ASK
    if decision.tainted:
        flags |= lane.TAINTED
        flags |= lane.RUNS if _runs_anything(judgement.footprint) else 0
    if not decision.restricted or reading.copy is not None:
        flags |= lane.COPY  # what a restricted reader may copy out was decided by the footprint of the inner query
    return flags


def _runs_anything(footprint: Footprint | None) -> bool:
    """Whether code may run that sets or notifies what the statement does not say. Commands without a tree do what
    they say, or are refused."""
    if footprint is None:
        return False
    return bool(footprint.opaque or footprint.volatile) or any(output.origin.opaque for output in footprint.outputs)


def error_frame(
    severity: str, sqlstate: str, message: str, hint: str = "", extra: Mapping[str, str] | None = None
) -> bytes:
    """An ErrorResponse of ours."""
    fields = {
        ErrorField.SEVERITY.value: severity,
        ErrorField.SEVERITY_UNLOCALIZED.value: severity,
        ErrorField.SQLSTATE.value: sqlstate,
        ErrorField.MESSAGE.value: message,
        ErrorField.HINT.value: hint,
        **(extra or {}),
    }
    body = b"".join(
        letter.encode() + text.encode("utf-8", "replace").replace(b"\0", b"?") + b"\0"
        for letter, text in fields.items()
        if text
    )
    return pack(ServerType.ERROR_RESPONSE, body + b"\0")


def refusal(judgement: Judgement) -> bytes:
    """What the client reads when its statement is refused."""
    decision = judgement.decision
    return error_frame("ERROR", decision.sqlstate, decision.message, decision.hint)
