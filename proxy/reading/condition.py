"""Whether a statement's condition is there, and whether it can hold back a single row."""

from collections.abc import Iterable

from sqlglot import exp

from proxy.model import Where
from proxy.reading.sketch import UNKNOWN

_ROW = (exp.Column, exp.Table, exp.Dot)


def where_of(tree: exp.Expr, nodes: Iterable[exp.Expr]) -> Where:
    """The weakest condition of the statement's UPDATEs and DELETEs; of its outermost SELECTs where it has none.
    nodes: all that is in the tree."""
    writes = [node for node in nodes if isinstance(node, (exp.Update, exp.Delete))]
    targets = [write for write in writes if write.args.get("this") is not None and not _is_merge_action(write)]
    return _weakest([_condition(target) for target in targets] if targets else _selects(tree))


def _is_merge_action(write: exp.Expr) -> bool:
    return isinstance(write.parent, (exp.When, exp.OnConflict))


def _selects(tree: exp.Expr) -> list[Where]:
    found: list[Where] = []
    arms: list[exp.Expr | None] = [tree]
    while arms:
        arm = arms.pop()
        if isinstance(arm, exp.SetOperation):
            arms += [arm.args.get("this"), arm.args.get("expression")]
        elif isinstance(arm, exp.Subquery):
            arms.append(arm.args.get("this"))
        elif isinstance(arm, exp.Select) and (arm.args.get("from_") or arm.args.get("from")):
            found.append(_condition(arm))
    return found


def _weakest(found: list[Where]) -> Where:
    for where in (Where.ABSENT, Where.CONSTANT, Where.PRESENT):
        if where in found:
            return where
    return Where.NONE


def _condition(statement: exp.Expr) -> Where:
    where = statement.args.get("where")
    if where is None:
        return Where.ABSENT
    return Where.CONSTANT if is_constant(where.this) else Where.PRESENT


def is_constant(condition: exp.Expr) -> bool:
    """Whether the condition looks at no row, or is an OR with an arm that is plainly true."""
    if condition.find(*_ROW) is None:
        return True
    arms = [condition]
    while arms:
        arm = arms.pop()
        if isinstance(arm, exp.Paren):
            arms.append(arm.this)
        elif isinstance(arm, exp.Or):
            arms += [arm.left, arm.right]
        elif _is_true(arm):
            return True
    return False


def _is_true(arm: exp.Expr) -> bool:
    """TRUE, or a comparison of two literals that holds."""
    if isinstance(arm, exp.Boolean):
        return bool(arm.this)
    if not isinstance(arm, exp.Binary):
        return False
    left, right = _literal(arm.left), _literal(arm.right)
    if left is None or right is None or isinstance(left, str) is not isinstance(right, str):
        return False
    if isinstance(arm, exp.EQ):
        return left == right
    if isinstance(arm, exp.NEQ):
        return left != right
    return isinstance(left, float) and isinstance(right, float) and _ordered(arm, left, right)


def _ordered(arm: exp.Expr, left: float, right: float) -> bool:
    return (
        (isinstance(arm, exp.LT) and left < right)
        or (isinstance(arm, exp.GT) and left > right)
        or (isinstance(arm, exp.LTE) and left <= right)
        or (isinstance(arm, exp.GTE) and left >= right)
    )


def _literal(node: exp.Expr) -> float | str | None:
    while isinstance(node, exp.Paren):
        node = node.this
    if not isinstance(node, exp.Literal) or node.this == UNKNOWN.strip("'"):
        return None
    return str(node.this) if node.is_string else float(node.this)
