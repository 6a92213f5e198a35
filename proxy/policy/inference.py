"""What protected columns may do other than be returned (`inference`), and how many guesses at them a subject has.

Under `equality` every guess is one value beside `=`: written out or bound, so each can be counted. A budget counts
distinct pairs of a protected column and a value, for one principal, in a span of time that the first of them begins.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec.structs import replace

from proxy.model import Action, ColumnId, Decision, Footprint
from proxy.policy.data_catalogs import FIRST_NORMAL_OID
from proxy.policy.exposure import Exposure, columns_of
from proxy.policy.reasons import Reason
from proxy.policy.rules import Budget, Derived, Inference, Writes
from proxy.policy.treat import is_bare, is_generated

DIGEST_BYTES: Final = 16
MOST_PRINCIPALS: Final = 10_000


def inferred(footprint: Footprint, exposure: Exposure) -> Reason | None:
    """Why what a statement's protected columns do besides being returned is refused. Whether an expression fails tells
    of its operand as a condition does, so under `equality` only expressions that cannot fail are left. What the
    catalogs hold is judged before (restrict.py)."""
    origins = [output.origin for output in footprint.outputs]
    computed = [one for one in origins if not is_bare(one) and not is_generated(one, exposure)]
    uses = exposure.among(footprint.filtered | footprint.grouped | footprint.joined)
    ordered = exposure.among(footprint.sorted)
    failing = exposure.among(column for column in footprint.computed if column.relation >= FIRST_NORMAL_OID)
    match exposure.subject.inference:
        case Inference.OPEN:
            return None
        case Inference.EQUALITY:
            if ordered or failing or uses - footprint.equated:
                return Reason.INFERENCE
            return Reason.BUDGET if exposure.subject.budget is not None and _uncounted(footprint, exposure) else None
        case _:
            if uses or ordered:
                return Reason.INFERENCE
            known = footprint.computed.union(*map(columns_of, computed))
            derived = exposure.among(column for column in known if column.relation >= FIRST_NORMAL_OID)
            strict = exposure.subject.derived is Derived.REFUSE
            return (Reason.DERIVED if strict else Reason.INFERENCE) if derived else None


def written(footprint: Footprint, exposure: Exposure) -> Reason | None:
    """Why writing protected columns is refused: whoever reads the mask back builds a dictionary, and a unique
    constraint tells whether a value is there, which is an equality."""
    if not exposure.among(write.column for write in footprint.writes):
        return None
    allowed = exposure.subject.writes is Writes.ALLOW and exposure.subject.inference is not Inference.NONE
    return None if allowed else Reason.PROTECTED_WRITE


def guesses(footprint: Footprint, exposure: Exposure) -> frozenset[ColumnId]:
    """The protected columns that a statement's literals and parameters may be guesses at, where they are counted."""
    if exposure.subject.budget is None or exposure.subject.inference is not Inference.EQUALITY:
        return frozenset()
    return exposure.among(footprint.equated.union(write.column for write in footprint.writes))


def _uncounted(footprint: Footprint, exposure: Exposure) -> bool:
    """Whether protected columns meet values of which it cannot be told how many they are."""
    copied = [write.column for write in footprint.writes if columns_of(write.origin) or write.origin.opaque]
    return bool(exposure.among(footprint.uncounted.union(copied)))


class Spent(msgspec.Struct, frozen=True):
    """What became of the guesses of one statement. fresh: how many were counted, 0 where they would go over; ends_s:
    when the span is over, Unix time."""

    allowed: bool
    fresh: int
    ends_s: int


def over(decision: Decision, spent: Spent) -> Decision:
    """The refusal of a statement whose guesses would go over the budget."""
    ends = datetime.fromtimestamp(spent.ends_s, UTC)
    reason = Reason.BUDGET.value
    return replace(
        decision,
        action=Action.REFUSE,
        rule=reason,
        reason=reason,
        message=f'refused by pgwarden rule "{reason}"',
        hint=f"The guesses that this subject has are used up; they are new again at {ends:%H:%M:%S} UTC.",
        treatments=(),
    )


class _Account:
    """Of one principal. Guesses are kept as keyed digests: no value stays in memory."""

    def __init__(self, ends_s: int) -> None:
        self.ends_s, self.seen = ends_s, set[bytes]()


class Budgets:
    """The guesses of all principals of a process. key: of the digests. A budget that the rules change holds for the
    guesses that were counted before, too."""

    def __init__(self, key: bytes) -> None:
        self._key, self._accounts = key, dict[tuple[str, ...], _Account]()

    def spend(
        self, who: tuple[str, ...], budget: Budget, columns: Iterable[ColumnId], values: Iterable[bytes], now_s: int
    ) -> Spent:
        """Counts a statement's guesses, all or, where they would go over, none."""
        account = self._accounts.get(who)
        if account is None or account.ends_s <= now_s or account.ends_s > now_s + budget.seconds:
            seen = set[bytes]() if account is None or account.ends_s <= now_s else account.seen
            account = _Account(now_s + budget.seconds)
            account.seen = seen
        wanted = {self._digest(column, value) for column in columns for value in values} - account.seen
        full = who not in self._accounts and not self._room(now_s)
        if full or len(account.seen) + len(wanted) > budget.probes:
            return Spent(allowed=False, fresh=0, ends_s=account.ends_s)
        account.seen |= wanted
        self._accounts[who] = account
        return Spent(allowed=True, fresh=len(wanted), ends_s=account.ends_s)

    def _room(self, now_s: int) -> bool:
        """Whether another principal can be counted. Nobody's count is dropped before its time."""
        if len(self._accounts) >= MOST_PRINCIPALS:
            self._accounts = {who: one for who, one in self._accounts.items() if one.ends_s > now_s}
        return len(self._accounts) < MOST_PRINCIPALS

    def _digest(self, column: ColumnId, value: bytes) -> bytes:
        place = f"{column.relation} {column.attnum} {' '.join(column.path)}\0".encode()
        return blake2b(place + value, key=self._key, digest_size=DIGEST_BYTES).digest()
