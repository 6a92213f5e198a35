"""The server's rewritten trees of one statement, as a Footprint."""

from collections.abc import Sequence
from typing import Final

from proxy.analysis.bodies import secured
from proxy.analysis.gathered import Gathered, origin
from proxy.analysis.ground import Ground, children, number
from proxy.analysis.query import enter, walk
from proxy.analysis.result_types import type_of
from proxy.analysis.scope import NO_QUERY, Scope
from proxy.analysis.tree import Node
from proxy.analysis.values import Value
from proxy.catalog.snapshot import RelationKind, Snapshot
from proxy.model import Command, Footprint, Oid, Output

MERGE_VERSION: Final = 150000  # from it on CMD_MERGE stands before CMD_UTILITY (nodes.h, CmdType)
COMMANDS: Final = {1: Command.SELECT, 2: Command.UPDATE, 3: Command.INSERT, 4: Command.DELETE}
WITH_MERGE: Final = {**COMMANDS, 5: Command.MERGE, 6: Command.UTILITY, 7: Command.NOTHING}
WITHOUT_MERGE: Final = {**COMMANDS, 5: Command.UTILITY, 6: Command.NOTHING}


def footprint(trees: Sequence[Node], snapshot: Snapshot | Ground) -> Footprint:
    """What the trees of one statement touch and yield. A Ground is a snapshot whose lookups are kept between calls.
    Total: what is not a tree that we know has a footprint whose opaque says so."""
    ground = snapshot if isinstance(snapshot, Ground) else Ground(snapshot)
    gathered = Gathered()
    command, outputs = Command.NOTHING, tuple[Output, ...]()
    try:
        command, outputs = _statement(trees, ground, gathered)
        _compare(ground, gathered)
    except ValueError:
        gathered.unproven(("tree",))
    except RecursionError:
        gathered.unproven(("depth",))
    return Footprint(
        command=command,
        outputs=outputs,
        relations=frozenset(gathered.relations),
        reads=frozenset(gathered.reads),
        written=frozenset(gathered.written),
        writes=gathered.all_writes(),
        filtered=frozenset(gathered.uses.filtered),
        sorted=frozenset(gathered.uses.sorted),
        grouped=frozenset(gathered.uses.grouped),
        joined=frozenset(gathered.uses.joined),
        equated=gathered.uses.equated(),
        computed=frozenset(gathered.computed),
        uncounted=frozenset(gathered.uncounted),
        functions=frozenset(gathered.functions),
        locked=frozenset(gathered.locked),
        row_security=gathered.row_security,
        constants=frozenset(gathered.constants - gathered.decisive),
        volatile=gathered.volatile,
        opaque=tuple(sorted(gathered.opaque)),
    )


def _compare(ground: Ground, gathered: Gathered) -> None:
    """A second witness: each column for which the server wants the privilege to select must have been seen. Where views
    and rules rewrite a write, it asks for more than what is read."""
    if gathered.written:
        return
    for column in gathered.asked - gathered.reads:
        relation = ground.snapshot.relations.get(column.relation)
        if relation is None or relation.kind is not RelationKind.VIEW:
            gathered.unproven((f"unseen:{ground.snapshot.column_name(column.relation, column.attnum)}",))


def unread(reason: str) -> Footprint:
    """The footprint of a statement whose tree cannot be had."""
    return Footprint(Command.NOTHING, opaque=(reason,))


def _statement(trees: Sequence[Node], ground: Ground, gathered: Gathered) -> tuple[Command, tuple[Output, ...]]:
    """Rules may have made several trees of one statement. None is no proof: whatever it was, it was not seen.

    The one whose rows are the statement's has canSetTag. Rows of another reach the client in a simple Query and not by
    Execute (tcop/pquery.c, PortalRunMulti), so no plan of columns is right for both: it is opaque. A single tree that a
    rule DO INSTEAD has put there gives its rows in a simple Query, described by themselves, and none by Execute: its
    columns are the statement's, whether canSetTag is set or not."""
    if not trees:
        gathered.unproven(("no-tree",))
    command, outputs, beside = Command.NOTHING, tuple[Output, ...](), False
    for tree in trees:
        own, found = _tree(tree, ground, gathered)
        if tree.fields.get("canSetTag") == "true" or len(trees) == 1:
            command, outputs = own, found
        else:
            beside |= bool(found)
    if beside:
        gathered.unproven(("rule-result",))
    return command, outputs


def _tree(tree: Node, ground: Ground, gathered: Gathered) -> tuple[Command, tuple[Output, ...]]:
    if tree.name != "QUERY":
        gathered.unproven((f"node:{tree.name}",))
        return Command.NOTHING, ()
    commands = WITH_MERGE if ground.snapshot.server_version_num >= MERGE_VERSION else WITHOUT_MERGE
    command = commands.get(number(tree, "commandType"))
    if command is None:
        gathered.unproven(("command",))
        return Command.NOTHING, ()
    if command is Command.UTILITY:
        return command, _utility(tree, ground, gathered)
    if command is Command.NOTHING:  # a rule with DO INSTEAD NOTHING
        return command, ()
    values = walk(tree, ground, gathered)
    gathered.read_all()
    targets = children(tree, "targetList" if command is Command.SELECT else "returningList")
    shown = [one for one in targets if one.fields.get("resjunk") == "false"]
    if len(shown) != len(values):
        gathered.unproven(("outputs",))
        return command, ()
    return command, tuple(_output(target, value, ground.snapshot) for target, value in zip(shown, values, strict=True))


def _utility(tree: Node, ground: Ground, gathered: Gathered) -> tuple[Output, ...]:
    """DECLARE, EXPLAIN and CREATE TABLE AS hold a query that was analysed and not yet rewritten: its views are
    opaque, and row security is taken from the catalog. Anything else is for the reading to decide."""
    for statement in children(tree, "utilityStmt"):
        queries = [one for one in children(statement, "query") if one.name == "QUERY"]
        if len(queries) == 1 and number(queries[0], "commandType") == 1:
            found = _tree(queries[0], ground, gathered)[1]
            secured(Scope(ground=ground, gathered=gathered, query=NO_QUERY, enter=enter), gathered.relations)
            return found
    gathered.unproven(("utility",))
    return ()


def _output(target: Node, value: Value, snapshot: Snapshot) -> Output:
    def arrays(element: int) -> int:
        known = snapshot.types.get(Oid(element))
        if known is None:
            return 0
        return known.oid if known.category == "A" else known.array  # an array of arrays is one of more dimensions

    name = target.fields.get("resname")
    type_oid, typmod = type_of(target, arrays)
    return Output(name if isinstance(name, str) else "", Oid(type_oid), typmod, origin(value))
