"""One query: what it reads, what chooses, orders and joins its rows, what it writes, and its output columns."""

from collections.abc import Iterable
from typing import Final

from proxy.analysis.definitions import function_of
from proxy.analysis.equality import compared
from proxy.analysis.expressions import collect, evaluate, known, sublink_columns
from proxy.analysis.from_functions import rows_made_by
from proxy.analysis.gathered import Gathered, known_part
from proxy.analysis.ground import SELECTED_OFFSET, Ground, children, nodes, number, numbers
from proxy.analysis.nodes import ALL
from proxy.analysis.scope import Scope
from proxy.analysis.tree import Node
from proxy.analysis.values import CLEAN, NOTHING, Value, all_of, any_of, mix_of
from proxy.catalog.snapshot import FIRST_NORMAL_OID, RelationKind, Volatility
from proxy.model import Attnum, ColumnId, Oid

SELECT, INSERT = 1, 3  # nodes.h, CmdType
KNOWN_ENTRIES: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9})  # all but the named tuplestores of triggers
MULTIPLYING_ENTRIES: Final = frozenset({3, 4})  # functions: how many rows they make depends on what they are given
READING_ENTRIES: Final = frozenset({1, 3, 4, 5})  # parsenodes.h, RTEKind: subquery, function, table function, VALUES


def enter(query: Node, parent: Scope) -> list[Value]:
    """Walk a query inside another one."""
    return walk(query, parent.ground, parent.gathered, parent)


def walk(query: Node, ground: Ground, gathered: Gathered, parent: Scope | None = None) -> list[Value]:
    """Walk a query and give the values of its output columns: the target list's, or RETURNING's of one that writes."""
    gathered.step()
    known_part(gathered, query)
    depth = parent.depth + 1 if parent else 0
    scope = Scope(ground=ground, gathered=gathered, query=query, enter=enter, parent=parent, depth=depth)
    if query.fields.get("hasRowSecurity") == "true":
        gathered.row_security = True
    for asking in (*children(query, "rteperminfos"), *scope.table):
        _asked(scope, asking)
    for name, _ in scope.ctes:
        scope.cte(name)
    for varno, entry in enumerate(scope.table, 1):
        _entry(scope, varno, entry)
    for target in children(query, "targetList"):
        _multi(scope, target)
    _from(scope)
    _windows(scope)
    targets, failing = _targets(scope)
    _clauses(scope, targets)
    if number(query, "commandType") == SELECT:
        found = _outputs(scope, targets)
        gathered.unread = _unread(scope, failing)
        return found
    gathered.computed.update(*(one for _, one in failing))
    _writes(scope, targets)
    found = [evaluate(scope, one) for one in children(query, "returningList")]
    gathered.unread = []
    return found


def _unread(scope: Scope, failing: list[tuple[Node, frozenset[ColumnId]]]) -> list[frozenset[ColumnId]]:
    """What may fail in each output column that the server does not compute where nothing refers to it (planner,
    remove_unused_subquery_outputs and the pulling up of subqueries). The rest is noted at once."""
    query = scope.query
    always = query.fields.get("hasTargetSRFs") != "false" or bool(
        children(query, "setOperations") or children(query, "distinctClause")
    )
    found: list[frozenset[ColumnId]] = []
    for target, columns in failing:
        if columns and (always or number(target, "ressortgroupref") or _is_volatile(scope, target)):
            scope.gathered.computed |= columns
            columns = NOTHING
        if target.fields.get("resjunk") == "false":
            found.append(columns)
    return found


def _is_volatile(scope: Scope, target: Node) -> bool:
    """Whether the server computes it whoever reads it. A sublink may hold anything."""
    found = list(nodes([target]))
    called = (oid for one in found if one.name in ALL for oid in scope.ground.called(one, ALL[one.name].call))
    functions = scope.ground.snapshot.functions
    return any(one.name == "QUERY" for one in found) or any(
        oid not in functions or functions[oid].volatility is Volatility.VOLATILE for oid in called
    )


def _entry(scope: Scope, varno: int, entry: Node) -> None:
    """An entry of the range table, whether anything refers to it or not."""
    gathered = scope.gathered
    known_part(gathered, entry)
    kind = number(entry, "rtekind")
    relid = entry.fields.get("relid")
    if isinstance(relid, int) and relid:  # of a view's query too, from 16 on
        gathered.relations.add(Oid(relid))
        if kind == 0 and Oid(relid) not in scope.ground.snapshot.relations:
            gathered.unproven((f"relation-unknown:{relid}",))
    if kind not in KNOWN_ENTRIES:
        gathered.unproven((f"rtekind:{kind}",))
    if kind in READING_ENTRIES:
        scope.columns(varno)
    if kind in MULTIPLYING_ENTRIES:
        _used(scope, gathered.uses.joined, rows_made_by(scope, varno, entry))
    _condition(scope, gathered.uses.filtered, children(entry, "securityQuals"))
    for sample in children(entry, "tablesample"):
        _, refused = known(scope, sample)
        _used(scope, gathered.uses.filtered, collect(scope, sample).sources)
        gathered.unproven(refused)


def _asked(scope: Scope, node: Node) -> None:
    """The server's own list of the columns that a query reads (of range table entries, from 16 on beside them)."""
    relid = node.fields.get("relid")
    if isinstance(relid, int) and relid and "selectedCols" in node.fields:
        asked = (Attnum(bit - SELECTED_OFFSET) for bit in numbers(node, "selectedCols"))
        scope.gathered.asked |= {ColumnId(Oid(relid), attnum) for attnum in asked if attnum}


def _multi(scope: Scope, target: Node) -> None:
    """UPDATE … SET (a, b) = (SELECT …): the sublink is a column of its own, its parameters are a and b."""
    for expression in children(target, "expr"):
        if expression.name == "SUBLINK" and number(expression, "subLinkType") == 5:  # MULTIEXPR_SUBLINK
            columns, chosen_by = sublink_columns(scope, expression)
            scope.multis[number(expression, "subLinkId")] = [one.depending(chosen_by) for one in columns]


def _from(scope: Scope) -> None:
    """Joins and WHERE, of as many items as there are, without recursion."""
    waiting = children(scope.query, "jointree")
    while waiting:
        node = waiting.pop()
        known_part(scope.gathered, node)
        match node.name:
            case "FROMEXPR":
                waiting += children(node, "fromlist")
                _condition(scope, scope.gathered.uses.filtered, children(node, "quals"))
            case "JOINEXPR":
                waiting += children(node, "larg") + children(node, "rarg")
                _condition(scope, scope.gathered.uses.joined, children(node, "quals"))
            case "RANGETBLREF":
                _unexpanded(scope, number(node, "rtindex"))
            case name:
                scope.gathered.unproven((f"node:{name}",))


def _condition(scope: Scope, into: set[ColumnId], conditions: list[Node]) -> None:
    """What a condition tells of columns, and whether it does more than compare them for equality."""
    found, otherwise = compared(scope, conditions)
    into |= found
    scope.gathered.uses.otherwise |= otherwise


def _used(scope: Scope, into: set[ColumnId], columns: frozenset[ColumnId]) -> None:
    """Columns that tell something in a way that is no comparison."""
    into |= columns
    scope.gathered.uses.otherwise |= columns


def _unexpanded(scope: Scope, varno: int) -> None:
    """A view that is read as it stands was not rewritten yet (in DECLARE, EXPLAIN, CREATE TABLE AS, and in bodies)."""
    entry = scope.entry(varno)
    if number(entry, "rtekind") == 0:
        if (view := scope.expandable(entry)) is not None:
            scope.expanded(varno, view)
            return
        relation = scope.ground.snapshot.relations.get(Oid(number(entry, "relid")))
        if relation is not None and relation.kind is RelationKind.VIEW:
            scope.gathered.unproven((f"view:{relation.full_name}",))


def _windows(scope: Scope) -> None:
    for window in children(scope.query, "windowClause"):
        known_part(scope.gathered, window)
        partition = _referenced(scope, children(window, "partitionClause"))
        order = _referenced(scope, children(window, "orderClause"))
        bounds = [evaluate(scope, one) for name in ("startOffset", "endOffset") for one in children(window, name)]
        scope.gathered.uses.grouped |= partition.sources
        scope.gathered.uses.otherwise |= partition.computed
        scope.gathered.uses.sorted |= order.sources
        scope.windows[number(window, "winref")] = mix_of([partition, order, *bounds])


def _referenced(scope: Scope, clauses: Iterable[Node]) -> Value:
    """What SortGroupClauses order or group by, as something that others are computed from."""
    return mix_of(_expressions(scope, clauses))


def _expressions(scope: Scope, clauses: Iterable[Node]) -> list[Value]:
    """The values of the target list's expressions that SortGroupClauses refer to."""
    found: list[Value] = []
    for clause in clauses:
        _, refused = known(scope, clause)
        reference = number(clause, "tleSortGroupRef")
        targets = [one for one in children(scope.query, "targetList") if number(one, "ressortgroupref") == reference]
        if len(targets) != 1 or not reference:
            refused |= scope.gathered.unproven(("sort-reference",))
        found += [Value(opaque=refused), *(evaluate(scope, one) for one in targets)]
    return found


def _targets(scope: Scope) -> tuple[list[tuple[Node, Value]], list[tuple[Node, frozenset[ColumnId]]]]:
    """The target list with its values, and with what may fail in each. Row identities that the rewriter adds to a write
    (ctid, the whole old row) are not the statement's own."""
    result, gathered = number(scope.query, "resultRelation"), scope.gathered
    found: list[tuple[Node, Value]] = []
    failing: list[tuple[Node, frozenset[ColumnId]]] = []
    outside = gathered.computed
    for target in children(scope.query, "targetList"):
        if result and _is_identity(target, result):
            continue
        gathered.computed = set()
        found.append((target, evaluate(scope, target)))
        failing.append((target, frozenset(gathered.computed)))
    gathered.computed = outside
    return found, failing


def _multiplied(targets: list[tuple[Node, Value]]) -> frozenset[ColumnId]:
    """What set-returning functions in the target list are given: it tells how many rows there are."""
    makers = [
        value
        for target, value in targets
        if any("true" in (one.fields.get("funcretset"), one.fields.get("opretset")) for one in nodes([target]))
    ]
    return mix_of(makers).sources


def _is_identity(target: Node, result: int) -> bool:
    """PostgreSQL 13, rewriteHandler.c, rewriteTargetListUD."""
    expressions = children(target, "expr")
    return (
        target.fields.get("resjunk") == "true"
        and len(expressions) == 1
        and expressions[0].name == "VAR"
        and number(expressions[0], "varno") == result
        and number(expressions[0], "varlevelsup") == 0
        and number(expressions[0], "varattno") <= 0
    )


def _grouping(scope: Scope, name: str) -> None:
    """GROUP BY and DISTINCT compare for equality, what is grouped by may be computed."""
    value = all_of(_compared(scope, children(scope.query, name)))
    scope.gathered.uses.grouped |= value.sources
    scope.gathered.uses.otherwise |= value.computed


def _compared(scope: Scope, clauses: Iterable[Node]) -> list[Value]:
    """What is compared. The definition of an index begins with the names of index and table, so that two are alike
    only where it is one index: DISTINCT tells what the catalog's names tell, and no constant. That is not so of a set
    operation, whose other arm may be a guess, nor of a subquery's column: the call itself stands here."""
    found: list[Value] = []
    for clause in clauses:
        values = _expressions(scope, (clause,))
        named = _is_index_definition(scope, number(clause, "tleSortGroupRef"))
        plain = not any(one.computed for one in values) and all(
            column.relation < FIRST_NORMAL_OID for one in values for column in one.direct
        )
        found += [Value(opaque=one.opaque) for one in values] if named and plain else values
    return found


def _is_index_definition(scope: Scope, reference: int) -> bool:
    targets = (one for one in children(scope.query, "targetList") if number(one, "ressortgroupref") == reference)
    shown = [node for one in targets for node in children(one, "expr") if node.name == "FUNCEXPR"]
    return any(
        function_of(scope.ground, node, Oid(number(node, "funcid"))) == "pg_get_indexdef"
        and len(children(node, "args")) == 1
        for node in shown
    )


def _clauses(scope: Scope, targets: list[tuple[Node, Value]]) -> None:
    """GROUP BY, DISTINCT, ORDER BY, HAVING, LIMIT, FOR UPDATE."""
    query, uses = scope.query, scope.gathered.uses
    if query.fields.get("hasTargetSRFs") != "false":
        _used(scope, uses.joined, _multiplied(targets))
    _grouping(scope, "groupClause")
    uses.sorted |= _referenced(scope, children(query, "sortClause")).sources
    _grouping(scope, "distinctClause")
    for node in nodes(children(query, "groupingSets")):
        known_part(scope.gathered, node)
    _condition(scope, uses.filtered, children(query, "havingQual"))
    for name in ("limitOffset", "limitCount"):
        _used(scope, uses.filtered, _sources(scope, children(query, name)))
    for mark in children(query, "rowMarks"):
        known_part(scope.gathered, mark)
        relid = scope.entry(number(mark, "rti")).fields.get("relid")
        if isinstance(relid, int) and relid:
            scope.gathered.locked.add(Oid(relid))


def _outputs(scope: Scope, targets: list[tuple[Node, Value]]) -> list[Value]:
    operations = children(scope.query, "setOperations")
    if operations:
        return _set_operation(scope, operations[0])
    return [value for target, value in targets if target.fields.get("resjunk") == "false"]


def _set_operation(scope: Scope, root: Node) -> list[Value]:
    """Each column may be that of any arm; what is compared (all but UNION ALL) groups by all of them."""
    arms: list[list[Value]] = []
    waiting, compares = [root], False
    while waiting:
        node = waiting.pop()
        known_part(scope.gathered, node)
        if node.name == "SETOPERATIONSTMT":
            waiting += children(node, "larg") + children(node, "rarg")
            compares |= node.fields.get("all") != "true" or number(node, "op") != 1  # SETOP_UNION
            for clause in children(node, "groupClauses"):
                known(scope, clause)
        elif node.name == "RANGETBLREF":
            arms.append(scope.columns(number(node, "rtindex")))
            scope.note_failing(number(node, "rtindex"), Attnum(0))
        else:
            scope.gathered.unproven((f"node:{node.name}",))
    width = max(map(len, arms), default=0)
    columns = [any_of([arm[at] for arm in arms if at < len(arm)]) for at in range(width)]
    if any(len(arm) != width for arm in arms):
        columns = [one.refused(scope.gathered.unproven(("set-operation",))) for one in columns]
    if compares:
        scope.gathered.uses.grouped |= mix_of(columns).sources
        scope.gathered.uses.otherwise |= all_of(one for arm in arms for one in arm).computed
    return columns


def _writes(scope: Scope, targets: list[tuple[Node, Value]]) -> None:
    """INSERT, UPDATE, DELETE, MERGE: what is assigned, and what runs with it."""
    query, gathered = scope.query, scope.gathered
    result = number(query, "resultRelation")
    if not result:
        return
    relation = Oid(number(scope.entry(result), "relid"))
    gathered.written.add(relation)
    gathered.unproven(scope.ground.hazards(relation))
    _assign(scope, targets)
    for conflict in children(query, "onConflict"):
        _on_conflict(scope, conflict)
    for action in children(query, "mergeActionList"):
        known_part(gathered, action)
        _condition(scope, gathered.uses.filtered, children(action, "qual"))
        _assign(scope, [(one, evaluate(scope, one)) for one in children(action, "targetList")])
    _condition(scope, gathered.uses.joined, children(query, "mergeJoinCondition"))
    _generate(scope, relation)
    for attnum, value in scope.assigned.items():
        gathered.write(relation, attnum, value)
    _checks(scope, result)
    scope.returning = result


def _checks(scope: Scope, result: int) -> None:
    """WITH CHECK OPTION of views and row security's WITH CHECK: whether a row passes tells of what it is asked about.
    What INSERT alone puts in is a new row, of which the statement gives all that is not a default."""
    query, excluded = scope.query, scope.excluded
    if number(query, "commandType") == INSERT and not children(query, "onConflict"):
        scope.excluded = result
    for check in children(query, "withCheckOptions"):
        known_part(scope.gathered, check)
        _condition(scope, scope.gathered.uses.filtered, children(check, "qual"))
    scope.excluded = excluded


def _on_conflict(scope: Scope, conflict: Node) -> None:
    """What decides whether there is a conflict is in the index; what follows from it is an UPDATE."""
    known_part(scope.gathered, conflict)
    scope.excluded = number(conflict, "exclRelIndex")
    for name in ("arbiterElems", "arbiterWhere", "onConflictWhere"):
        _used(scope, scope.gathered.uses.filtered, _sources(scope, children(conflict, name)))
    _assign(scope, [(one, evaluate(scope, one)) for one in children(conflict, "onConflictSet")])


def _assign(scope: Scope, targets: Iterable[tuple[Node, Value]]) -> None:
    """Several assignments of one column are one that may be any of them."""
    for target, value in targets:
        if target.fields.get("resjunk") == "false":
            attnum = number(target, "resno")
            scope.assigned[attnum] = all_of([scope.assigned.get(attnum, CLEAN), value])


def _generate(scope: Scope, oid: Oid) -> None:
    """Generated columns are written with those that they are computed from."""
    relation = scope.ground.snapshot.relations.get(oid)
    for attnum in relation.columns if relation else ():
        made_of = scope.made_of(relation, attnum) if relation else ()
        if written := [scope.assigned[one.attnum] for one in made_of if one.attnum in scope.assigned]:
            scope.assigned[attnum] = mix_of(written)


def _sources(scope: Scope, expressions: Iterable[Node]) -> frozenset[ColumnId]:
    found = [evaluate(scope, one) for one in expressions]
    return all_of(found).sources
