"""What rules put in a statement's place: why the walk takes one tree's columns for the statement's, and no two."""

import pytest

from tests.analysis.probing import Shop


@pytest.mark.parametrize(
    ("sql", "simple", "columns"),
    [
        pytest.param("insert into answering values (1, 'x')", [b"ssn"], ["ssn"], id="one tree: its columns"),
        pytest.param("insert into asking values (1, 'x')", [b"email"], [], id="two: opaque"),
        pytest.param("insert into peeked values (1, 'x')", [b"ssn"], [], id="beside the statement itself: opaque"),
    ],
)
def test_rows_of_a_rule_reach_the_client_in_a_simple_query_alone(
    shop: Shop, sql: str, simple: list[bytes], columns: list[str]
) -> None:
    pgconn = shop.connection.pgconn
    shop.connection.execute("begin")
    result = pgconn.exec_(sql.encode())
    assert [result.fname(at) for at in range(result.nfields)] == simple
    assert pgconn.exec_params(sql.encode(), []).nfields == 0
    shop.connection.execute("rollback")
    found = shop.footprint(sql)
    assert [one.name for one in found.outputs] == columns
    assert bool(found.opaque) is (not columns)
