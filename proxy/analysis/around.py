"""The query that an expression stands in, as the modules see it that look at expressions."""

from collections.abc import Sequence
from typing import Protocol

from proxy.analysis.gathered import Gathered
from proxy.analysis.ground import Ground
from proxy.analysis.tree import Node
from proxy.analysis.values import Value
from proxy.model import Attnum, Oid


class Scope(Protocol):
    """The query that an expression stands in: what expressions need of it."""

    @property
    def ground(self) -> Ground:
        """What is the same for every statement."""

    @property
    def gathered(self) -> Gathered:
        """What the walk has found so far."""

    def column(self, level: int, varno: int, attnum: Attnum) -> Value:
        """What a Var stands for, level queries further out."""

    def columns(self, varno: int) -> list[Value]:
        """The columns of an entry that is neither relation, join nor group."""

    def subquery(self, query: Node) -> list[Value]:
        """The output columns of a query inside this one."""

    def window(self, reference: int) -> Value:
        """What the rows of a window are chosen and ordered by."""

    def multi(self, sublink: int, column: int) -> Value:
        """What the sublink of UPDATE … SET (a, b) = (SELECT …) gives."""

    def argument(self, position: int) -> Value:
        """What $n stands for: the client's own parameter, or in a function's body the call's argument."""

    def in_body(self) -> bool:
        """Whether $n is the argument of a call, and not the client's."""

    def body(self, queries: Sequence[Node], arguments: Sequence[Value]) -> list[list[Value]]:
        """The output columns of each query of a function's body, where its $1, $2, … are these arguments."""

    def choosing(self, relation: Oid, conditions: Sequence[Node]) -> None:
        """Conditions over the rows of a relation that stand in the catalog: what they read filters."""
