"""Functions in FROM: what their columns hold, and what tells how many rows they make."""

from proxy.analysis import bodies, definitions, json_paths
from proxy.analysis.around import Scope
from proxy.analysis.expressions import collect, evaluate, known
from proxy.analysis.functions import Behaviour
from proxy.analysis.gathered import known_part
from proxy.analysis.ground import children, number, numbers, only
from proxy.analysis.tree import Node
from proxy.analysis.values import NOTHING, Value, all_of, mix_of
from proxy.model import Attnum, ColumnId, Oid


def column(scope: Scope, varno: int, entry: Node, attnum: Attnum) -> Value:
    """One column; 0: the whole row. Where nothing else is known it comes from all that the functions were given."""
    if (call := _members(scope, entry)) is not None and attnum == 1:
        return _member(scope, call)
    found = scope.columns(varno)
    if _is_bodied(scope, entry) and 1 <= attnum <= len(found):
        return found[attnum - 1]
    held = definitions.row_column(scope.ground, children(entry, "functions"), attnum)
    return mix_of(found) if held is None else held


def columns(scope: Scope, entry: Node) -> list[Value]:
    """What the functions of an entry return."""
    parts = children(entry, "functions")
    if _is_bodied(scope, entry):
        return _rows(scope, parts[0])
    if (call := _members(scope, entry)) is not None:
        known_part(scope.gathered, parts[0])
        return [_member(scope, call)]
    return [_function(scope, one) for one in parts]


def rows_made_by(scope: Scope, varno: int, entry: Node) -> frozenset[ColumnId]:
    """What tells how many rows an entry makes; of a body its queries tell it."""
    if _is_bodied(scope, entry):
        return NOTHING
    if (call := _members(scope, entry)) is not None:
        return _array(scope, call)
    if definitions.row_column(scope.ground, children(entry, "functions"), Attnum(1)) is not None:
        return NOTHING
    return mix_of(scope.columns(varno)).sources


def table_function(scope: Scope, node: Node) -> Value:
    """XMLTABLE or JSON_TABLE."""
    _, refused = known(scope, node)
    reasons = [scope.ground.input(Oid(one)) for one in numbers(node, "coltypes")]
    return collect(scope, node).refused(refused | scope.gathered.unproven(reason for reason in reasons if reason))


def _only_call(entry: Node) -> Node | None:
    parts = children(entry, "functions")
    inner = children(parts[0], "funcexpr") if len(parts) == 1 else []
    return inner[0] if len(inner) == 1 and inner[0].name == "FUNCEXPR" else None


def _is_bodied(scope: Scope, entry: Node) -> bool:
    """Whether an entry is a call of one function with a known body, whose queries make its rows and columns."""
    call = _only_call(entry)
    return call is not None and scope.ground.behaviour(Oid(number(call, "funcid")))[0] is Behaviour.BODY


def _members(scope: Scope, entry: Node) -> Node | None:
    """The call, where an entry is one that gives the members of a json array as its first column."""
    call = _only_call(entry)
    return call if call is not None and json_paths.gives_members(scope.ground, call) else None


def _member(scope: Scope, call: Node) -> Value:
    """A member of an array: as it is. Whether the call fails is told by what the array itself is."""
    outside, scope.gathered.computed = scope.gathered.computed, set()
    failures = scope.gathered.failures
    value = evaluate(scope, call)
    scope.gathered.failures = failures  # what the member is used for does not fail for it
    scope.gathered.computed = outside | _array(scope, call)
    return value


def _array(scope: Scope, call: Node) -> frozenset[ColumnId]:
    """What tells how many members there are: the array itself, not what is in them."""
    arguments = [evaluate(scope, one) for one in children(call, "args")]
    return json_paths.part(scope.ground, all_of(arguments), json_paths.ARRAY_ITSELF).sources


def _rows(scope: Scope, part: Node) -> list[Value]:
    """The columns of a function with a known body. Those of a body that gives whole rows are mixed."""
    known_part(scope.gathered, part)
    call = only(part, "funcexpr")
    _, refused = known(scope, call)
    arguments = [evaluate(scope, one) for one in children(call, "args")]
    found = bodies.rows(scope, call, Oid(number(call, "funcid")), arguments)
    reasons = [scope.ground.input(Oid(one)) for one in numbers(part, "funccoltypes")]
    refused |= scope.gathered.unproven(reason for reason in reasons if reason)
    count = number(part, "funccolcount")
    found = found if len(found) == count else [mix_of(found)] * count
    return [one.refused(refused) for one in found]


def _function(scope: Scope, part: Node) -> Value:
    """What a function returns. The types of a record's columns are the statement's own choice."""
    known_part(scope.gathered, part)
    value = mix_of(evaluate(scope, one) for one in children(part, "funcexpr"))
    reasons = [scope.ground.input(Oid(one)) for one in numbers(part, "funccoltypes")]
    return value.refused(scope.gathered.unproven(reason for reason in reasons if reason))
