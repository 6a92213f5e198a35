"""The node table against live servers: nothing is printed that it lacks, and what stands in it is printed.

A server that prints a node, or a field that holds nodes, which the table does not know fails the first test. The second
one keeps the corpus honest: the cases print each row and field on each version that has it, and what no version
prints is listed here with the reason.
"""

from collections import defaultdict
from typing import Final

from proxy.analysis.ground import nodes
from proxy.analysis.nodes import ALL, NAMES, NODES
from tests.analysis.cases import CASES, runs
from tests.analysis.probing import Shop

NEVER: Final = {
    "COERCETODOMAINVALUE": "stands in a domain's stored check alone",
    "SETTODEFAULT": "the rewriter has put the default in its place",
    "JSONISPREDICATE.format": "the parser forgets it",
    "QUERY.utilityStmt": "commands are left out here",
}
SINCE: Final = {
    "RANGETBLENTRY.join_using_alias": 14, "JOINEXPR.join_using_alias": 14, "COMMONTABLEEXPR.cycle_clause": 14,
    "COMMONTABLEEXPR.search_clause": 14, "CTESEARCHCLAUSE": 14, "CTECYCLECLAUSE": 14,
    "MERGEACTION": 15, "QUERY.mergeActionList": 15,
    "QUERY.rteperminfos": 16, "RTEPERMISSIONINFO": 16, "JSONCONSTRUCTOREXPR": 16, "JSONISPREDICATE": 16,
    "JSONFORMAT": 16, "JSONRETURNING": 16, "JSONVALUEEXPR": 16,
    "MERGESUPPORTFUNC": 17, "JSONEXPR": 17, "JSONBEHAVIOR": 17, "JSONTABLEPATH": 17,
    "JSONTABLEPATHSCAN": 17, "JSONTABLESIBLINGJOIN": 17, "TABLEFUNC.colvalexprs": 17, "TABLEFUNC.passingvalexprs": 17,
    "TABLEFUNC.plan": 17, "QUERY.mergeJoinCondition": 17,
    "RETURNINGEXPR": 18, "RANGETBLENTRY.groupexprs": 18,
}  # fmt: skip
"""The first version whose cases print it."""
WITH_XML: Final = {"TABLEFUNC.ns_uris", "TABLEFUNC.coldefexprs", "XMLEXPR.named_args"}
COMMANDS: Final = {"NOTIFYSTMT"}  # of rules, in the catalog: a command holds no expression


def printed(shop: Shop) -> dict[str, set[str]]:
    """Of each node that the server prints for the cases and keeps in its catalog, the fields that hold nodes. The raw
    trees that a utility command shows have nodes of their own."""
    queries = [case for case in CASES if runs(shop, case) and case.get("command") != "utility"]
    stored = shop.connection.execute("select ev_action::text from pg_rewrite").fetchall()
    trees = [tree for case in queries for tree in shop.trees(case["sql"], case.get("role"))]
    trees += [tree for (text,) in stored for tree in shop.reader.stored(str(text).encode())]
    found = defaultdict[str, set[str]](set)
    for node in nodes(trees):
        found[node.name] |= node.children.keys()
    return found


def test_the_table_holds_every_node_and_field_that_servers_print(shop: Shop) -> None:
    missing = {
        (name, *sorted(fields - (ALL[name].fields if name in ALL else set())))
        for name, fields in printed(shop).items()
        if name not in COMMANDS and (name not in ALL or not fields <= ALL[name].fields)
    }
    assert missing == set()


def test_the_cases_print_every_row_and_field_of_the_table_that_a_server_has(shop: Shop) -> None:
    found = defaultdict[str, set[str]](set)
    for name, fields in printed(shop).items():
        found[NAMES.get(name, name)] |= fields
    unprinted = {name for name in NODES if name not in found}
    unprinted |= {
        f"{name}.{field}" for name, fields in found.items() if name in NODES for field in NODES[name].fields - fields
    }
    newer = {name for name, since in SINCE.items() if since > shop.server.major}
    assert unprinted == NEVER.keys() - {one for one in NEVER if one.partition(".")[0] in newer} | newer | (
        set() if shop.xml else WITH_XML
    )


def test_what_is_expected_of_the_table_is_in_it() -> None:
    named = {name.partition(".")[::2] for name in (*NEVER, *SINCE, *WITH_XML)}
    assert {name for name, field in named if field and field not in NODES[name].fields} == set()
