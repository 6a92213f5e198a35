"""What a query asks for, by libpg_query's parse tree: the slow twin of proxy/reading for SELECT and DML."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from tests.reference.parser import postgast

Node: TypeAlias = Mapping[str, Any]
EFFECTS = {"SelectStmt": "select", "InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete"}
ACTIONS = {"CMD_UPDATE": "update", "CMD_DELETE": "delete", "CMD_INSERT": "insert"}
json_format: Any = importlib.import_module("google.protobuf.json_format")


def parsed(text: str) -> Node | None:
    """The tree of the one statement in text; None where there is an error or more than one."""
    try:
        statements = json_format.MessageToDict(postgast.parse(text)).get("stmts", [])
    except postgast.PgQueryError:
        return None
    return statements[0]["stmt"] if len(statements) == 1 else None


def nodes(tree: object) -> Iterator[tuple[str, Node]]:
    """Every node with the field that holds it."""
    if isinstance(tree, Mapping):
        for field, value in tree.items():
            if isinstance(value, Mapping):
                yield field, value
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def effects(tree: Node) -> set[str]:
    found = {EFFECTS[field] for field, node in nodes(tree) if field in EFFECTS and not _is_values_of_insert(tree, node)}
    for field, node in nodes(tree):
        if field == "MergeStmt":
            found.add("merge")
        if field == "MergeWhenClause" and node.get("commandType") in ACTIONS:
            found.add(ACTIONS[node["commandType"]])
        if field == "LockingClause":
            found.add("lock")
        if field == "onConflictClause" and node.get("action") == "ONCONFLICT_UPDATE":
            found.add("update")
        if field == "intoClause":
            found.add("ddl")
    return found


def _is_values_of_insert(tree: Node, select: Node) -> bool:
    sources = [node.get("selectStmt", {}).get("SelectStmt") for field, node in nodes(tree) if field == "InsertStmt"]
    return "valuesLists" in select and any(select is source for source in sources)


def relations(tree: object, known: frozenset[str] = frozenset()) -> set[str]:
    """The relations named in a tree, but for names that stand for common table expressions there."""
    if isinstance(tree, list):
        return set().union(*(relations(value, known) for value in tree))
    if not isinstance(tree, Mapping):
        return set()
    if "relname" in tree:
        parts = [tree[part] for part in ("catalogname", "schemaname", "relname") if tree.get(part)]
        return set() if len(parts) == 1 and parts[0] in known else {".".join(parts)}
    found: set[str] = set()
    if isinstance(clause := tree.get("withClause"), Mapping):
        expressions = [each["CommonTableExpr"] for each in clause["ctes"]]
        names = [each["ctename"] for each in expressions]
        for at, each in enumerate(expressions):
            found |= relations(each["ctequery"], known | set(names if clause.get("recursive") else names[:at]))
        known |= set(names)
    rest = {field: value for field, value in tree.items() if field not in ("withClause", "lockedRels")}
    return found | relations(list(rest.values()), known)


PLACES = ("location", "nameLocation", "stmtLocation", "stmtLen", "rexpr_list_start", "listStart", "listEnd")


def bare(tree: object) -> object:
    """A tree without the places of its nodes in the text."""
    if isinstance(tree, Mapping):
        return {field: bare(value) for field, value in tree.items() if field not in PLACES}
    return [bare(value) for value in tree] if isinstance(tree, list) else tree


def inner(tree: Node) -> object:
    """The query inside a statement that holds one, without places."""
    return bare(next(iter(tree.values())).get("query"))
