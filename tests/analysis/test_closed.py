"""Fail closed: what the walk does not understand makes a statement opaque, wherever it stands."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.analysis.ground import Ground, nodes
from proxy.analysis.nodes import NODES, Effect
from proxy.analysis.tree import Node
from proxy.analysis.walk import footprint, unread
from proxy.catalog.snapshot import Snapshot
from proxy.model import Footprint
from tests.analysis.probing import Shop

TREES: dict[tuple[int, str], tuple[Node, ...]] = {}
UNSEEN = {"ALIAS", "RTEPERMISSIONINFO"}  # what they say is not believed anyway
STATEMENTS = [
    "select email, upper(ssn) from customers c where id = 1 and exists (select 1 from orders o where o.id = c.id)",
    "select max(distinct name order by name) filter (where true), (c).email from customers c group by email, tags[1]",
    "with recursive t as (select id from staff union all select s.id from staff s, t) select max(id) over () from t",
    """select case when a.id = 1 then coalesce(a.b, 'x') end, (values (1)) from plain a group by 1, a.id, a.b
    having true order by 1""",
    "insert into plain (id, a) values (1, 'x') on conflict (id) do update set a = excluded.a returning b",
    "update plain set (a, b) = (select name, email from customers limit 1) where id = any (array[1, 2])",
    "select * from customers join staff using (id), generate_series(1, 2), lateral (select born) l for update",
]


def changed(node: object, target: Node, new: Node) -> object:
    """A copy of a tree in which one node is another."""
    if node is target:
        return new
    if isinstance(node, list):
        return [changed(one, target, new) for one in node]
    if not isinstance(node, Node):
        return node
    return Node(node.name, dict(node.fields), {key: changed(one, target, new) for key, one in node.children.items()})


def variants(shop: Shop, sql: str, kind: str) -> Iterator[tuple[str, Node]]:
    """The statement's tree with one node after the other made strange."""
    (tree,) = shop.trees(sql)
    hidden = Node("VAR", {"varno": 1, "varattno": 4, "varlevelsup": 0}, {})
    aliases = {id(one) for node in nodes([tree]) for one in nodes([node.get("joinaliasvars")])}
    for node in nodes([tree]):
        if node.name in UNSEEN or id(node) in aliases:  # a join's aliases are looked at where something refers to them
            continue
        strange = {
            "node": Node("BRANDNEWNODE", dict(node.fields), dict(node.children)),
            "field": Node(node.name, dict(node.fields), {**node.children, "brandnew": hidden}),
        }[kind]
        made = changed(tree, node, strange)
        assert isinstance(made, Node)
        yield node.name, made


@pytest.mark.parametrize("kind", ["node", "field"])
@pytest.mark.parametrize("sql", STATEMENTS)
def test_an_unknown_node_or_field_anywhere_is_opaque(shop: Shop, sql: str, kind: str) -> None:
    assert shop.footprint(sql).opaque == ()
    seen = {name: footprint([tree], shop.ground).opaque for name, tree in variants(shop, sql, kind)}
    assert [name for name, reasons in seen.items() if not reasons] == []


@pytest.mark.parametrize("sql", STATEMENTS)
@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_tree_is_walked_or_opaque_and_never_an_error(shop: Shop, sql: str, data: st.DataObject) -> None:
    (tree,) = cached_trees(shop, sql)
    node = data.draw(st.sampled_from(list(nodes([tree]))))
    field = data.draw(st.sampled_from([*node.fields, *node.children]))
    junk = data.draw(st.sampled_from([None, "x", "true", 0, 7, -1, 1 << 40, b"x", [1], ["x"], []]))
    fields = {key: value for key, value in node.fields.items() if key != field}
    inner = {key: value for key, value in node.children.items() if key != field}
    replaced = {**fields, field: junk} if data.draw(st.booleans()) else fields
    damaged = changed(tree, node, Node(node.name, replaced, inner))
    assert isinstance(damaged, Node)
    assert isinstance(footprint([damaged], shop.ground), Footprint)


def cached_trees(shop: Shop, sql: str) -> tuple[Node, ...]:
    """Hypothesis asks for the same tree many times."""
    known = TREES.setdefault((shop.server.major, sql), ())
    TREES[shop.server.major, sql] = known or shop.trees(sql)
    return TREES[shop.server.major, sql]


def test_every_effect_has_nodes_and_every_pass_has_one_arm() -> None:
    assert {kind.effect for kind in NODES.values()} == set(Effect)
    assert all(len(kind.arms) == 1 for kind in NODES.values() if kind.effect is Effect.PASS)


def test_no_tree_is_no_proof(shop: Shop) -> None:
    assert footprint([], shop.ground).opaque == ("no-tree",)
    assert unread("tree").opaque == ("tree",)


@pytest.mark.parametrize(
    "tree",
    [
        Node("SELECTSTMT", {}, {}),
        Node("QUERY", {}, {}),
        Node("QUERY", {"commandType": 99}, {}),
        Node("QUERY", {"commandType": "1"}, {}),
        Node("QUERY", {"commandType": 3, "resultRelation": 7, "hasTargetSRFs": "false"}, {}),
    ],
)
def test_what_is_no_query_is_opaque(tree: Node) -> None:
    found = footprint([tree], Snapshot("d", 180000))
    assert (bool(found.opaque), found.outputs) == (True, ())


def test_a_relation_that_the_snapshot_lacks_is_opaque(shop: Shop) -> None:
    trees = shop.trees("select email from customers")
    without = Snapshot("d", shop.snapshot.server_version_num, functions=shop.snapshot.functions)
    found = footprint(trees, without)
    reason = f"relation-unknown:{next(iter(found.relations))}"
    assert reason in found.opaque
    assert found.outputs[0].origin.opaque == (reason,)


def test_a_function_that_the_snapshot_lacks_is_opaque_and_may_change_state(shop: Shop) -> None:
    empty = Ground(Snapshot("d", shop.snapshot.server_version_num))
    found = footprint(shop.trees("select abs(5)"), empty)
    assert [reason.split(":")[0] for reason in found.opaque] == ["function-unknown"]
    assert found.volatile


def test_a_column_that_the_server_asks_for_and_the_walk_did_not_see_is_opaque(shop: Shop) -> None:
    (tree,) = shop.trees("select id from customers where email = 'x'")
    (where,) = (node for node in nodes([tree]) if node.name == "FROMEXPR")
    blind = changed(tree, where, Node("FROMEXPR", {"quals": None}, {"fromlist": where.children["fromlist"]}))
    assert isinstance(blind, Node)
    assert footprint([blind], shop.ground).opaque == ("unseen:shop.customers.email",)


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select " + " || ".join(["email"] * 1500) + " from customers", id="a long chain of operators"),
        pytest.param("select " + "upper(" * 300 + "email" + ")" * 300 + " from customers", id="functions in functions"),
        pytest.param("select " + "coalesce(" * 200 + "email" + ", name)" * 200 + " from customers", id="arms in arms"),
        pytest.param(" union all ".join(["select email from customers"] * 400), id="many arms"),
        pytest.param("select email from " + "(select * from " * 30 + "customers" + ") x" * 30, id="queries in queries"),
    ],
)
def test_long_statements_are_walked(shop: Shop, sql: str) -> None:
    found = shop.footprint(sql)
    assert found.opaque == ()
    assert "customers.email" in shop.columns(found.outputs[0].origin.sources)


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select email from " + "(select * from " * 60 + "customers" + ") x" * 60, id="queries in queries"),
        pytest.param("select " + "(select " * 60 + "1" + ")" * 60, id="sublinks in sublinks"),
    ],
)
def test_what_is_too_deep_is_opaque(shop: Shop, sql: str) -> None:
    assert "depth" in shop.footprint(sql).opaque
