"""Which columns are compared for equality alone: what `inference: equality` lets pass."""

import pytest

from tests.analysis.probing import Shop

CASES = [
    pytest.param("select id from customers where email = 'a'", ["customers.email"], id="="),
    pytest.param("select id from customers where 'a' = email", ["customers.email"], id="= the other way round"),
    pytest.param("select id from customers where email in ('a', 'b')", ["customers.email"], id="IN"),
    pytest.param(
        "select id from customers where email = 'a' or not id = 3", ["customers.email", "customers.id"], id="OR, NOT"
    ),
    pytest.param("select 1 from customers a join customers b using (email)", ["customers.email"], id="USING"),
    pytest.param("select count(*) from customers group by email", ["customers.email"], id="GROUP BY"),
    pytest.param("select distinct email from customers", ["customers.email"], id="DISTINCT"),
    pytest.param("select id from customers where email < 'a'", [], id="<"),
    pytest.param("select id from customers where email <> 'a'", [], id="<>"),
    pytest.param("select id from customers where email like 'a%'", [], id="LIKE"),
    pytest.param("select id from customers where email = 'a' and email > 'b'", [], id="= and > of the same column"),
    pytest.param("select id from customers where lower(email) = 'a'", [], id="a function of it"),
    pytest.param(
        "select id from customers where email = any (array[name])",
        ["customers.email"],
        id="with an array that is made of another",
    ),
    pytest.param("select count(*) from customers group by upper(email)", [], id="GROUP BY a function of it"),
    pytest.param("select id from customers where (email = 'a') is null", [], id="what is made of an equality"),
    pytest.param(
        "select id from customers where email = 'a' limit length((select max(email) from customers))", [], id="LIMIT"
    ),
]


@pytest.mark.parametrize(("sql", "equated"), CASES)
def test_a_column_is_equated_that_is_compared_by_equality_and_used_in_no_other_way(
    shop: Shop, sql: str, equated: list[str]
) -> None:
    assert shop.columns(shop.footprint(sql).equated) == equated
