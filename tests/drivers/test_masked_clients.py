"""Every client sees the mask in whatever format and by whatever road it asks; who is cleared sees the value."""

import subprocess
from typing import Any

import asyncpg
import psycopg
import pytest
import sqlalchemy as sa

from tests.drivers.conftest import Endpoint
from tests.drivers.test_psql import program
from tests.drivers.test_sqlalchemy import url

QUERY = "select id, email, balance, name from people where id <= 2 order by id"
HIDDEN = [(1, "hidden@example.com", None, "Person 1"), (2, "hidden@example.com", None, "Person 2")]
CANARY = "person1@example.com"


async def test_asyncpg_reads_masks_in_binary(behind_shop_rules: Endpoint) -> None:
    connection = await asyncpg.connect(behind_shop_rules.dsn("analyst"))
    assert [tuple(row) for row in await connection.fetch(QUERY)] == HIDDEN
    async with connection.transaction():
        assert [tuple(row) async for row in connection.cursor(QUERY, prefetch=1)] == HIDDEN
    statement = await connection.prepare("select email from people where id = $1")
    assert [await statement.fetchval(n) for n in (1, 2)] == ["hidden@example.com"] * 2
    await connection.close()


@pytest.mark.parametrize("binary", [False, True])
def test_psycopg_reads_masks_in_either_format(behind_shop_rules: Endpoint, binary: bool) -> None:
    with psycopg.connect(behind_shop_rules.dsn("analyst")) as connection:
        assert connection.execute(QUERY.encode(), binary=binary).fetchall() == HIDDEN
        with connection.pipeline():
            cursors = [connection.execute(QUERY.encode(), binary=binary) for _ in range(3)]
            assert [cursor.fetchall() for cursor in cursors] == [HIDDEN] * 3
        with connection.cursor() as cursor:
            assert list(cursor.stream(QUERY.encode(), binary=binary)) == HIDDEN


def test_the_simple_protocol_shows_masks(behind_shop_rules: Endpoint) -> None:
    with psycopg.connect(behind_shop_rules.dsn("analyst"), cursor_factory=psycopg.ClientCursor) as connection:
        assert connection.execute(QUERY.encode()).fetchall() == HIDDEN


def test_sqlalchemy_reads_masks(behind_shop_rules: Endpoint) -> None:
    engine = sa.create_engine(url(behind_shop_rules, "psycopg").replace("//app@", "//analyst@"))
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(sa.text(QUERY))] == HIDDEN
    engine.dispose()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("select * from people;", id="select"),
        pytest.param("select p, email || '' from people p;", id="expressions"),
        pytest.param("begin; declare c cursor for select * from people; fetch all from c;", id="cursor"),
        pytest.param("\\set FETCH_COUNT 2\nselect * from people;", id="psql's cursor"),
        pytest.param("\\copy people to stdout", id="copy"),
        pytest.param("\\copy (select email from people) to stdout", id="copy of a query"),
        pytest.param("prepare p as select * from people; execute p;", id="prepare"),
        pytest.param("select email from adults;", id="view"),
        pytest.param("select email::int from people;", id="an error that quotes the value"),
        pytest.param("do $$ begin raise notice '%', (select email from people limit 1); end $$;", id="notice"),
        pytest.param("begin; update people set id = id where id = 1 returning email; rollback;", id="returning"),
        pytest.param("create temp table t as select email from people; table t;", id="a copy of the table"),
        pytest.param("select * from pg_stats where tablename = 'people';", id="statistics"),
        pytest.param("explain analyze select * from people where email = 'x';", id="explain"),
        pytest.param("select 1; select * from people; select 2;", id="several statements"),
    ],
)
def test_psql_shows_no_value_by_any_road(behind_shop_rules: Endpoint, script: str) -> None:
    command = [program(behind_shop_rules), "-X", "-q", behind_shop_rules.dsn("analyst")]
    done = subprocess.run(command, input=script + "\n", capture_output=True, text=True, timeout=60)
    assert CANARY not in done.stdout + done.stderr
    assert done.stdout or done.stderr


def test_who_is_cleared_sees_the_value(behind_shop_rules: Endpoint) -> None:
    with psycopg.connect(behind_shop_rules.dsn("app")) as connection:
        row: Any = connection.execute(QUERY.encode()).fetchone()
    assert row[1] == CANARY
