"""What may fail for some value, and what columns are compared with: an error, or one guess more, tells of a value."""

import pytest

from tests.analysis.probing import Shop

FAILING = [
    pytest.param("select upper(email) || left(ssn, 3), length(name) from customers", [], id="total functions"),
    pytest.param("select email::varchar(3), id::text, id::bigint, home::text from customers", [], id="total casts"),
    pytest.param("select count(distinct email), max(ssn), sum(id), avg(balance) from customers", [], id="aggregates"),
    pytest.param("select coalesce(email, 'x'), case when ssn = 'x' then name end from customers", [], id="choices"),
    pytest.param("select date_trunc('month', born::timestamptz) from customers", ["customers.born"], id="date to time"),
    pytest.param("select date_trunc('month', placed), extract(year from placed) from orders", [], id="a constant unit"),
    pytest.param("select date_trunc(item, placed) from orders", ["orders.item", "orders.placed"], id="a chosen unit"),
    pytest.param("select 1 / (ascii(email) - 97) from customers", ["customers.email"], id="a division"),
    pytest.param("select ssn::int from customers", ["customers.ssn"], id="a cast that reads text"),
    pytest.param(
        "select case when email = 'x' then 1 / (id - id) end from customers",
        ["customers.email", "customers.id"],
        id="a failing arm",
    ),
    pytest.param(
        "select (ssn || id)::int is null from customers where false", ["customers.id", "customers.ssn"], id="in"
    ),
    pytest.param(
        "with x as (select ssn::int as n from customers) select 1 from x", ["customers.ssn"], id="a CTE unread"
    ),
    pytest.param("select 1 from (select ssn::int as n from customers) x", [], id="a subquery's column unread"),
    pytest.param("select n is null from (select ssn::int as n from customers) x", ["customers.ssn"], id="read"),
    pytest.param("select x from (select ssn::int as n from customers) x", ["customers.ssn"], id="read as a row"),
    pytest.param("select 1 from (select distinct ssn::int as n from customers) x", ["customers.ssn"], id="distinct"),
    pytest.param("select 1 from (select ssn::int as n from customers order by 1) x", ["customers.ssn"], id="sorted by"),
    pytest.param(
        "select 1 from (select ssn::int + random() as n from customers) x",
        ["customers.ssn"],
        id="volatile, so computed",
    ),
    pytest.param(
        "select 1 from (select ssn::int as n from customers union all select 1) x", ["customers.ssn"], id="an arm"
    ),
    pytest.param("select exists (select ssn::int from customers)", ["customers.ssn"], id="a sublink"),
    pytest.param("select 1 from customers order by ssn::int", ["customers.ssn"], id="a sort key"),
    pytest.param("select 1 from customers where ssn::int = 3", ["customers.ssn"], id="a condition"),
    pytest.param("select 1 from customers where email = 'x' and id + 1 = 3", ["customers.id"], id="beside a condition"),
    pytest.param(
        "update plain set a = ssn::int from customers where customers.id = 1", ["customers.ssn"], id="a write"
    ),
    pytest.param("select sum(ssn::int) over () from customers", ["customers.ssn"], id="a window's argument"),
    pytest.param("select email::shop.mail from customers", ["customers.email"], id="a domain's check"),
    pytest.param("select look(name) from customers", ["customers.name"], id="a function of somebody"),
    pytest.param(
        "select greatest(email, name), nullif(email, 'x'), email in ('a', 'b') from customers", [], id="compared"
    ),
]
UNCOUNTED = [
    pytest.param("select 1 from customers where email = 'a'", [], id="a literal"),
    pytest.param("select 1 from customers where email = $1", [], id="a parameter"),
    pytest.param("select 1 from customers where email = $1::varchar", [], id="a cast parameter"),
    pytest.param("select 1 from customers where email in ('a', 'b', $1)", [], id="IN"),
    pytest.param("select 1 from customers where born in ('2024-01-01'::date, $1)", [], id="IN of dates"),
    pytest.param("select 1 from customers where email = any ($1)", ["customers.email"], id="an array"),
    pytest.param(
        "select 1 from customers where email = any ('{a,b}'::text[])", ["customers.email"], id="a constant array"
    ),
    pytest.param("select 1 from customers where email = upper('a')", ["customers.email"], id="a call"),
    pytest.param(
        "select 1 from customers, plain where email = a", ["customers.email", "plain.a"], id="a column of another table"
    ),
    pytest.param(
        "select 1 from customers, (values ('a'), ('b')) v(x) where email = x", ["customers.email"], id="VALUES"
    ),
    pytest.param("select 1 from customers, unnest($1::text[]) x where email = x", ["customers.email"], id="unnest"),
    pytest.param("select 1 from customers where email in (select a from plain)", [], id="SELECT: not equated at all"),
    pytest.param("select count(*) from customers group by email", [], id="GROUP BY"),
    pytest.param(
        "select 1 from customers a join customers b using (email)", ["customers.email"], id="USING is a comparison"
    ),
]


@pytest.mark.parametrize(("sql", "columns"), FAILING)
def test_columns_are_computed_that_stand_in_an_expression_which_may_fail(
    shop: Shop, sql: str, columns: list[str]
) -> None:
    assert shop.columns(shop.footprint(sql).computed) == columns


@pytest.mark.parametrize(("sql", "columns"), UNCOUNTED)
def test_columns_are_uncounted_that_meet_more_than_spelled_values(shop: Shop, sql: str, columns: list[str]) -> None:
    assert shop.columns(shop.footprint(sql).uncounted) == columns
