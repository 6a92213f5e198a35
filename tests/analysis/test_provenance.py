"""What explain shows: the way of each output's value, and where columns choose, order, group and join rows."""

import pytest

from proxy.analysis.provenance import explained
from proxy.analysis.walk import footprint
from proxy.model import Footprint
from tests.analysis.cases import CASES, runs
from tests.analysis.probing import Shop

STEPS = [
    pytest.param("select email from customers", [[]], id="a bare column has none"),
    pytest.param("select upper(email) from customers", [["function upper(text) at upper"]], id="a function"),
    pytest.param("select 'x' || email from customers", [["operator || at ||"]], id="an operator, as it is written"),
    pytest.param(
        "select left(max(email), 3) from customers",
        [["function left(text, int4) at left", "aggregate max(text) at max"]],
        id="outermost first",
    ),
    pytest.param("select email::varchar(3) from customers", [["cast to varchar at ::varchar(3)"]], id="a cast"),
    pytest.param(
        "select case when id = 1 then email else lower('X') end from customers",
        [["CASE at case", "operator = at ="]],
        id="a choice, and what chooses, but not what holds no column",
    ),
    pytest.param(
        "select upper(x.m) from (select lower(email) as m from customers) x",
        [["function upper(text) at upper", "function lower(text) at lower"]],
        id="through a subquery",
    ),
    pytest.param(
        "with x as (select lower(email) as m from customers) select m from x",
        [["function lower(text) at lower"]],
        id="through WITH",
    ),
    pytest.param(
        "select loud from v_loud", [["function upper(text)"]], id="through a view, whose text has no place here"
    ),
    pytest.param(
        "select email from customers union all select md5(name) from staff",
        [["function md5(text) at md5"]],
        id="of an arm",
    ),
    pytest.param(
        "select (select max(ssn) from customers)", [["subquery at (", "aggregate max(text) at max"]], id="a subquery"
    ),
    pytest.param(
        "update plain set a = upper(name) from customers c where c.id = plain.id returning a",
        [["function upper(text) at upper"]],
        id="what was assigned",
    ),
    pytest.param("select sum(id) over () from customers", [["window function sum(int4) at sum"]], id="a window"),
]
USES = [
    pytest.param("select 1 from customers where email = 'x'", ["filtered customers.email at email"], id="WHERE"),
    pytest.param(
        "select 1 from customers c join staff s on c.id = s.id",
        ["joined customers.id at c.id", "joined staff.id at s.id"],
        id="JOIN",
    ),
    pytest.param("select 1 from customers order by ssn", ["sorted customers.ssn at ssn"], id="ORDER BY"),
    pytest.param("select count(*) from customers group by name", ["grouped customers.name at name"], id="GROUP BY"),
    pytest.param("select distinct name from customers", ["grouped customers.name at name"], id="DISTINCT"),
    pytest.param(
        "select 1 from (select email as m from customers) x where upper(m) > 'x'",
        ["filtered customers.email at m)"],
        id="through a subquery",
    ),
    pytest.param(
        "select 1 from staff where exists (select 1 from customers where ssn = staff.name)",
        ["filtered customers.ssn at ssn", "filtered staff.name at staff.name"],
        id="in a sublink",
    ),
]


def found(shop: Shop, sql: str) -> Footprint:
    """What is told of a statement."""
    return explained(shop.trees(sql), shop.ground, sql.encode())


def placed(sql: str, told: str, location: int) -> str:
    """A step or use with so much of the text at its place as the expectation has."""
    return told + (f" at {sql[location:]}" if location >= 0 else "")


def matches(expected: list[str], told: list[str]) -> bool:
    """Whether each is told, up to where the expectation ends."""
    return len(expected) == len(told) and all(one.startswith(other) for one, other in zip(told, expected, strict=True))


@pytest.mark.parametrize(("sql", "steps"), STEPS)
def test_the_steps_of_an_output_stand_outermost_first_with_their_place(
    shop: Shop, sql: str, steps: list[list[str]]
) -> None:
    told = [
        [placed(sql, step.what, step.location) for step in one.origin.steps if not step.what.startswith("view ")]
        for one in found(shop, sql).outputs
    ]
    assert [matches(*pair) for pair in zip(steps, told, strict=True)] == [True] * len(steps), told


@pytest.mark.parametrize(("sql", "uses"), USES)
def test_the_uses_of_columns_have_their_place(shop: Shop, sql: str, uses: list[str]) -> None:
    told = sorted(placed(sql, f"{use.how} {shop.column(use.column)}", use.location) for use in found(shop, sql).uses)
    assert matches(uses, told), told


def test_explaining_changes_nothing_else(shop: Shop) -> None:
    for case in CASES:
        if runs(shop, case):
            trees = shop.trees(case["sql"], case.get("role"))
            plain, told = footprint(trees, shop.ground), explained(trees, shop.ground, case["sql"].encode())
            assert plain.opaque == told.opaque
            assert [one.origin.sources for one in plain.outputs] == [one.origin.sources for one in told.outputs]


def test_a_view_is_a_step_where_the_server_says_that_it_was_one(shop: Shop) -> None:
    sql = "select loud from v_loud"
    (output,) = found(shop, sql).outputs
    named = [("view shop.v_loud", sql.index("loud"))] if shop.server.major >= 16 else []
    assert [(step.what, step.location) for step in output.origin.steps] == [*named, ("function upper(text)", -1)]


def test_what_is_written_has_steps_too(shop: Shop) -> None:
    sql = "insert into plain (id, a) select id, upper(name) from customers"
    steps = {shop.column(one.column): [step.what for step in one.origin.steps] for one in found(shop, sql).writes}
    assert steps == {"plain.id": [], "plain.a": ["function upper(text)"]}
