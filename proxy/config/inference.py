"""`inference` of a subject: a word, or a word with the budget of guesses that goes with it."""

from collections.abc import Mapping as MappingType
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from proxy.config.document import Mapping, Node, Scalar
from proxy.policy.rules import Budget, Inference

if TYPE_CHECKING:
    from proxy.config.decode import Decoder, Missing

SECONDS: Final = {"minute": 60, "hour": 3_600, "day": 86_400}
MOST_PROBES: Final = 1_000_000
"""What is counted is kept in memory, sixteen bytes each."""


class BudgetLine(msgspec.Struct, frozen=True):
    """`budget`: distinct values that one principal may compare protected columns with."""

    hints: ClassVar[MappingType[str, str]] = {"probes": "For example budget: {probes: 100, per: hour}."}

    probes: Annotated[int, Meta(ge=1, le=MOST_PROBES)]
    per: Literal["minute", "hour", "day"] = "hour"


class InferenceLine(msgspec.Struct, frozen=True):
    """`inference: {mode, budget}`."""

    hints: ClassVar[MappingType[str, str]] = {"mode": "Write none, equality or open."}

    mode: Inference
    budget: BudgetLine | None = None


class InferenceNode(msgspec.Struct, frozen=True):
    """What a rule file says; the word alone has no budget."""

    mode: Inference = Inference.NONE
    budget: BudgetLine | None = None

    @property
    def allowed(self) -> Budget | None:
        """The budget in the words of policy."""
        return None if self.budget is None else Budget(self.budget.probes, SECONDS[self.budget.per])

    @classmethod
    def decode_node(cls, node: Node, decoder: "Decoder") -> "InferenceNode | Missing":
        """The word, or the mapping, or problems."""
        if isinstance(node, Scalar):
            mode = decoder.decode(node, Inference)
            return decoder.missing if mode is decoder.missing else cls(mode)
        line = decoder.decode(node, InferenceLine)
        if line is decoder.missing:
            return decoder.missing
        if line.budget is not None and line.mode is not Inference.EQUALITY and isinstance(node, Mapping):
            at = node.get("budget") or node
            what = f"a budget has no effect with mode: {line.mode.value}"
            return decoder.fault(at.place, what, "Write mode: equality.")
        return cls(line.mode, line.budget)
