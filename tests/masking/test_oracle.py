"""PostgreSQL itself judges every mask: a masked value is one of its column's type, and text and binary say the same."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import pq

from proxy.embedded.postgres import EmbeddedPostgres
from proxy.masking.column import Column
from proxy.masking.methods import AnyMethod
from proxy.masking.methods.auto import Auto
from tests.masking.columns import BINARY, TEXT, row_mask
from tests.masking.samples import CASES, TYPES

COLUMN = """
    select a.atttypid::int, a.atttypmod from pg_catalog.pg_attribute a
    where a.attrelid = 'pg_temp.judged'::regclass and a.attname = 'by_text'
"""


class Judge:
    """A server, asked with values as bytes."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def column(self, type_name: str) -> Column:
        """Makes a table with two columns of the type; what a result would say of either."""
        self._connection.execute("drop table if exists pg_temp.judged")
        self._connection.execute(f"create temp table judged (by_text {type_name}, by_binary {type_name})".encode())
        [(oid, typmod)] = self._connection.execute(COLUMN).fetchall()
        assert isinstance(oid, int)
        assert isinstance(typmod, int)
        return Column(oid, typmod)

    def ask(
        self, sql: str, values: list[bytes | None], formats: list[int], oid: int, result: int
    ) -> list[bytes | None]:
        """One row of raw values."""
        answer = self._connection.pgconn.exec_params(sql.encode(), values, [oid] * len(values), formats, result)
        assert answer.status == pq.ExecStatus.TUPLES_OK, answer.error_message.decode()
        return [answer.get_value(0, column) for column in range(answer.nfields)]

    def rendered(self, value: str, type_name: str, format_: int) -> bytes | None:
        """What the server sends for a value."""
        return self.ask(f"select $1::{type_name}", [value.encode()], [TEXT], 0, format_)[0]

    def stored(self, by_text: bytes | None, by_binary: bytes | None, oid: int) -> list[bytes | None]:
        """Both values as the server writes them after it has taken them into the table."""
        sql = "insert into pg_temp.judged values ($1, $2) returning by_text::text, by_binary::text"
        return self.ask(sql, [by_text, by_binary], [TEXT, BINARY], oid, TEXT)


@pytest.fixture(scope="module")
def judge(any_server: EmbeddedPostgres) -> Iterator[Judge]:
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        yield Judge(connection)


@pytest.mark.parametrize(("method", "type_name"), CASES, ids=lambda case: str(case))
def test_the_server_takes_every_masked_value_and_text_and_binary_are_equal(
    judge: Judge, method: AnyMethod, type_name: str
) -> None:
    column = judge.column(type_name)
    mask = row_mask(method, column)
    for value in TYPES[type_name]:
        by_text = mask.value(0, TEXT, judge.rendered(value, type_name, TEXT))
        by_binary = mask.value(0, BINARY, judge.rendered(value, type_name, BINARY))
        kept, same = judge.stored(by_text, by_binary, column.type_oid)
        assert kept == same, value


@pytest.mark.parametrize("setting", ["escape", "hex"])
def test_a_bytea_masks_alike_in_both_output_forms(judge: Judge, setting: str) -> None:
    judge.ask(f"select set_config('bytea_output', '{setting}', false)", [], [], 0, TEXT)
    column = judge.column("bytea")
    mask = row_mask(Auto(), column)
    for value in TYPES["bytea"]:
        by_text = mask.value(0, TEXT, judge.rendered(value, "bytea", TEXT))
        by_binary = mask.value(0, BINARY, judge.rendered(value, "bytea", BINARY))
        kept, same = judge.stored(by_text, by_binary, column.type_oid)
        assert kept == same


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York", "Africa/Monrovia"])
def test_a_moment_masks_alike_in_every_time_zone(judge: Judge, zone: str) -> None:
    judge.ask(f"select set_config('TimeZone', '{zone}', false)", [], [], 0, TEXT)
    mask = row_mask(Auto(), judge.column("timestamptz"))
    seen = [mask.value(0, TEXT, judge.rendered(value, "timestamptz", TEXT)) for value in TYPES["timestamptz"]]
    judge.ask("select set_config('TimeZone', 'UTC', false)", [], [], 0, TEXT)
    assert seen == [mask.value(0, TEXT, judge.rendered(value, "timestamptz", TEXT)) for value in TYPES["timestamptz"]]


@pytest.mark.parametrize("style", ["SQL, DMY", "German", "Postgres, MDY"])
@pytest.mark.parametrize("type_name", ["date", "timestamp", "timestamptz"])
def test_a_date_in_another_style_is_redacted(judge: Judge, style: str, type_name: str) -> None:
    mask = row_mask(Auto(), judge.column(type_name))
    judge.ask(f"select set_config('DateStyle', '{style}', false)", [], [], 0, TEXT)
    shown = judge.rendered("2024-02-29", type_name, TEXT)
    judge.ask("select set_config('DateStyle', 'ISO, MDY', false)", [], [], 0, TEXT)
    assert (mask.value(0, TEXT, shown) or b"").startswith(b"2000-01-01")


EQUALS = [
    pytest.param([("numeric", "-1"), ("numeric", "-1.0"), ("numeric(20,3)", "-1")], id="numerics of any scale"),
    pytest.param([("integer", "7"), ("bigint", "7"), ("numeric", "7.0")], id="exact numbers of any type"),
    pytest.param([("char(30)", "abc"), ("char(16)", "abc"), ("bpchar", "abc "), ("text", "abc")], id="padded texts"),
    pytest.param([("interval", "1 mon"), ("interval", "30 days"), ("interval", "29 days 24:00:00")], id="intervals"),
    pytest.param([("double precision", "0"), ("double precision", "-0")], id="zeros of both signs"),
    pytest.param([("jsonb", '["\\u0041"]'), ("json", '[ "\\u0041" ]'), ("json", '["A"]')], id="strings in JSON"),
    pytest.param([("inet", "1.2.3.4/32"), ("inet", "1.2.3.4")], id="an address and its only netmask"),
]


@pytest.mark.parametrize("values", EQUALS)
def test_equal_values_mask_equal(judge: Judge, values: list[tuple[str, str]]) -> None:
    shown = [
        row_mask(Auto(), judge.column(name)).value(0, TEXT, judge.rendered(value, name, TEXT)) or b""
        for name, value in values
    ]
    assert len({text.rstrip(b" ").removesuffix(b".000").removesuffix(b".0") for text in shown}) == 1
