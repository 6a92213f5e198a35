"""Where the value of an expression comes from."""

from typing import Final

from proxy.analysis import bodies, definitions, json_paths
from proxy.analysis.around import Scope
from proxy.analysis.failing import MAY, may_fail
from proxy.analysis.functions import Behaviour
from proxy.analysis.gathered import Uses
from proxy.analysis.ground import BODIED, children, nodes, number
from proxy.analysis.lengths import uncut
from proxy.analysis.nodes import ALL, LEAF, Call, Effect, Kind
from proxy.analysis.tree import Node
from proxy.analysis.values import CLEAN, EMPTY, NOTHING, Value, any_of, mix_of
from proxy.model import Attnum, ColumnId

ARMS_DEPTH: Final = 64  # of CASE in COALESCE in CASE …: deeper ones count as computed


def evaluate(scope: Scope, node: Node, depth: int = 0) -> Value:
    """Where the expression's value comes from. What it depends on is noted where it may fail."""
    refused = frozenset[str]()
    failures = scope.gathered.failures
    while True:
        kind, reasons = known(scope, node)
        refused |= reasons
        if kind.effect is not Effect.PASS:
            break
        inner = children(node, kind.arms[0])
        if len(inner) != 1:
            return _refuse(scope, Value(), refused | {f"node:{node.name}"})
        node = inner[0]
    fails = scope.gathered.failures != failures
    value = _value(scope, node, kind, depth)
    if fails or (scope.gathered.failures != failures and kind.effect is not Effect.SUBLINK):
        scope.gathered.computed |= value.sources  # a subquery's own expressions were noted one by one
    return _refuse(scope, value, refused)


def _value(scope: Scope, node: Node, kind: Kind, depth: int) -> Value:
    match kind.effect:
        case Effect.COLUMN | Effect.FIELD | Effect.SUBLINK | Effect.PARAM:
            return single(scope, node, kind)
        case Effect.CLEAN if node.fields.get("constisnull") == "true":
            return EMPTY
        case Effect.ARMS if depth < ARMS_DEPTH:
            return _arms(scope, node, kind, depth)
        case _:
            return _special(scope, node, kind) or collect(scope, node)


def _special(scope: Scope, node: Node, kind: Kind) -> Value | None:
    """The value of a node that tells more than that it was computed: a constant path into a json document, a call of a
    function whose body is known. None for any other. node was noted, what is inside is noted here."""
    if (path := json_paths.path_of(scope.ground, node)) is not None:
        reasons = frozenset().union(*(known(scope, one)[1] for one in path.nodes))
        scope.gathered.decisive |= {number(one, "location") for one in path.nodes if one.name == "CONST"}
        return _refuse(scope, json_paths.part(scope.ground, evaluate(scope, path.base), path.keys), reasons)
    if node.name not in BODIED:
        return None
    if (inner := uncut(node)) is not None:
        reasons = frozenset().union(*(known(scope, one)[1] for one in children(node, "args")[1:]))
        return _refuse(scope, evaluate(scope, inner), reasons)
    oid = scope.ground.called(node, kind.call)[0]
    if (name := definitions.function_of(scope.ground, node, oid)) is not None:
        return definitions.shown(scope.ground, name, [evaluate(scope, one) for one in children(node, "args")])
    if scope.ground.behaviour(oid)[0] is Behaviour.BODY:
        return bodies.call(scope, node, oid, [evaluate(scope, one) for one in children(node, "args")])
    return None


def known(scope: Scope, node: Node) -> tuple[Kind, frozenset[str]]:
    """The node's row, after its calls and constants were noted, and reasons why it is not understood. Each node of an
    expression comes here once."""
    gathered = scope.gathered
    gathered.step()
    kind = ALL.get(node.name)
    if kind is None or kind.effect is Effect.PART:
        return UNKNOWN, gathered.unproven((f"node:{node.name}",))
    reasons = scope.ground.unsupported(node)
    if kind.call is not Call.NONE:
        reasons += scope.ground.unclear(node, kind.call)
    if not node.children.keys() <= kind.fields:
        reasons += [f"field:{node.name}.{field}" for field in sorted(node.children.keys() - kind.fields)]
    if kind.call is not Call.NONE:
        _note_calls(scope, node, kind)
        gathered.failures += may_fail(scope.ground, node, kind.call)
    elif node.name == "CONST":
        _note_constant(scope, node)
    elif node.name in MAY:
        gathered.failures += may_fail(scope.ground, node, kind.call)
    return kind, gathered.unproven(reasons) if reasons else NO_REASONS


NO_REASONS: Final = frozenset[str]()
UNKNOWN: Final = Kind(Effect.MIX, frozenset())


def collect(scope: Scope, root: Node) -> Value:
    """A value computed from everything under root: without recursion, however deep it is. root itself was noted."""
    found: list[Value] = []
    waiting = _inside(scope, root, found)
    while waiting:
        node = waiting.pop()
        kind, reasons = known(scope, node)
        if reasons:
            found.append(Value(opaque=reasons))
        if kind.effect in (Effect.COLUMN, Effect.FIELD, Effect.SUBLINK, Effect.PARAM):
            found.append(single(scope, node, kind))
        elif kind is LEAF:
            continue
        elif (special := _special(scope, node, kind)) is not None:
            found.append(special)
        else:
            waiting += _inside(scope, node, found)
    return mix_of(found)


def _inside(scope: Scope, node: Node, found: list[Value]) -> list[Node]:
    """The nodes to look at next; values that are known at once go to found."""
    if node.name == "WINDOWFUNC":
        found.append(scope.window(number(node, "winref")))
    elif node.name == "GROUPINGFUNC":
        return []
    elif node.name == "FUNCEXPR":
        found.append(_judge_call(scope, node))
    inside: list[Node] = []
    lists = [*node.children.values()]
    while lists:
        value = lists.pop()
        if isinstance(value, Node):
            inside.append(value)
        elif isinstance(value, list):
            lists += value
    return inside


def single(scope: Scope, node: Node, kind: Kind) -> Value:
    """The value of a node that is looked up and not computed."""
    match kind.effect:
        case Effect.COLUMN:
            return scope.column(number(node, "varlevelsup"), number(node, "varno"), Attnum(number(node, "varattno")))
        case Effect.FIELD:
            return _field(scope, node)
        case Effect.PARAM:
            return _param(scope, node)
        case _:
            return _sublink(scope, node)


def _arms(scope: Scope, node: Node, kind: Kind, depth: int) -> Value:
    """One of the arms, chosen by what stands in the other fields. The first arms of a COALESCE choose as well, but
    what they tell is in the value."""
    arms = [evaluate(scope, one, depth + 1) for field in kind.arms for one in children(node, field)]
    others = [
        collect_one(scope, one) for field in kind.fields if field not in kind.arms for one in children(node, field)
    ]
    return any_of(arms).beside(mix_of(others))


def collect_one(scope: Scope, node: Node) -> Value:
    """The value of an expression, as something that others are computed from."""
    return evaluate(scope, node, ARMS_DEPTH).changed()


def _field(scope: Scope, node: Node) -> Value:
    """(row).field: the column itself where the row is a whole row of the range table, else part of the value."""
    inner = children(node, "arg")
    if len(inner) != 1:
        return _refuse(scope, CLEAN, frozenset({"node:FIELDSELECT"}))
    arg = inner[0]
    if arg.name == "VAR" and number(arg, "varattno") == 0:
        scope.gathered.step()
        place = number(arg, "varlevelsup"), number(arg, "varno")
        return scope.column(*place, Attnum(number(node, "fieldnum")))
    return collect_one(scope, arg)


def _param(scope: Scope, node: Node) -> Value:
    """A parameter of the client's is its own. Those of sublinks repeat what the sublink holds."""
    match number(node, "paramkind"):
        case 0:  # PARAM_EXTERN
            return scope.argument(number(node, "paramid"))
        case 2:  # PARAM_SUBLINK
            return CLEAN
        case 3:  # PARAM_MULTIEXPR
            return scope.multi(number(node, "paramid") >> 16, number(node, "paramid") & 0xFFFF)
        case _:
            return _refuse(scope, CLEAN, frozenset({"node:PARAM"}))


def _sublink(scope: Scope, node: Node) -> Value:
    """What a subquery gives, and what chooses its rows."""
    test = mix_of([collect_one(scope, one) for one in children(node, "testexpr")])
    outputs, chosen_by = sublink_columns(scope, node)
    match number(node, "subLinkType"):
        case 0:  # EXISTS_SUBLINK (primnodes.h): its columns are not looked at
            value = Value(opaque=mix_of(outputs).opaque)
        case 4 if len(outputs) == 1:  # EXPR_SUBLINK
            value = outputs[0]
        case _:
            value = mix_of(outputs)
    return value.beside(test).depending(chosen_by)


def sublink_columns(scope: Scope, node: Node) -> tuple[list[Value], frozenset[ColumnId]]:
    """The columns of a sublink's query, and what chooses its rows."""
    queries = children(node, "subselect")
    if len(queries) != 1:
        return [_refuse(scope, CLEAN, frozenset({"node:SUBLINK"}))], NOTHING
    outside, scope.gathered.uses = scope.gathered.uses, Uses()
    outputs = scope.subquery(queries[0])
    chosen_by = scope.gathered.uses.all()
    outside.add(scope.gathered.uses)
    scope.gathered.uses = outside
    return outputs, chosen_by


def _note_calls(scope: Scope, node: Node, kind: Kind) -> None:
    for oid in scope.ground.called(node, kind.call):
        scope.gathered.functions.add(oid)
        scope.gathered.volatile |= scope.ground.changes_state(oid)


def _judge_call(scope: Scope, node: Node) -> Value:
    """A function that leaves a trace must not be given a column."""
    function = number(node, "funcid")
    known_as, reason = scope.ground.behaviour(scope.ground.called(node, Call.FUNCID)[0])
    if known_as is Behaviour.STATEFUL and function and _names_column(node):
        return _refuse(scope, CLEAN, frozenset({reason}))
    return CLEAN


def _names_column(node: Node) -> bool:
    """Whether an argument is anything else than constants, parameters and functions of them."""
    return any(one.name in ("VAR", "SUBLINK") for one in nodes(node.children.values()))


def _note_constant(scope: Scope, node: Node) -> None:
    location = number(node, "location")
    if location >= 0:
        scope.gathered.constants.add(location)


def _refuse(scope: Scope, value: Value, reasons: frozenset[str]) -> Value:
    return value.refused(scope.gathered.unproven(reasons)) if reasons else value
