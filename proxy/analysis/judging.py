"""What a function of one database does: the server's own by its lists, others by what the catalog holds of them."""

from typing import TYPE_CHECKING, Final

from proxy.analysis.extensions import of_extension
from proxy.analysis.functions import Behaviour, behaviour
from proxy.catalog.routines import NONE, Aggregate
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function, FunctionKind

if TYPE_CHECKING:
    from proxy.analysis.ground import Ground

CONSTRUCTORS: Final = frozenset(  # CREATE TYPE … AS RANGE makes them; what they call is in Routines.supports
    {"range_constructor2", "range_constructor3"}
    | {"multirange_constructor0", "multirange_constructor1", "multirange_constructor2"}
)


def judge(ground: "Ground", function: Function) -> Behaviour:
    """What is proven of a function of a snapshot."""
    if function.oid < FIRST_NORMAL_OID:
        known = behaviour(function)
        if known is Behaviour.JSON:
            return Behaviour.OPAQUE if ground.json_casts() else Behaviour.CLOSED
        return known
    routines = ground.snapshot.routines
    if function.kind is FunctionKind.AGGREGATE:
        return _aggregate(ground, routines.aggregates.get(function.oid))
    routine = routines.facts.get(function.oid, NONE)
    known = of_extension(function, routine)
    if known is Behaviour.OPAQUE and function.language == "internal" and routine.symbol in CONSTRUCTORS:
        return Behaviour.CLOSED
    if known is Behaviour.OPAQUE and (function.tree is not None or ground.texts.get(function.oid) is not None):
        from proxy.analysis import bodies  # late: bodies are read with a Ground

        return bodies.judged(ground, function.oid)
    return known


def _aggregate(ground: "Ground", aggregate: Aggregate | None) -> Behaviour:
    """An aggregate is what its functions are, and its first state is read from a text."""
    if aggregate is None:
        return Behaviour.OPAQUE
    closed = all(ground.behaviour(one)[0] is Behaviour.CLOSED for one in aggregate.functions)
    read = all(ground.input(one) is None for one in aggregate.states)
    return Behaviour.CLOSED if closed and read else Behaviour.OPAQUE
