"""What a text asks for. The cases are in tests/cases/reading_*.yaml."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model import Reading, Where
from proxy.reading.commands import COMMANDS
from proxy.reading.objects import OBJECTS
from proxy.reading.read import read
from proxy.reading.verbs import QUERY_STARTS
from tests.reading.cases import ALL, PARAMS, expected
from tests.template.sql import texts

WORDS = [
    *sorted(COMMANDS), *sorted(QUERY_STARTS), *OBJECTS, "(", ")", ",", ".", ";", "'x'", "1", "$1", "a", '"B"', "as",
    "on", "for", "from", "to", "in", "all", "where", "true", "=", "or", "set", "not", "null", "into", "using", "if",
    "exists", "cursor", "stdin", "analyze", "format", "csv", "concurrently", "transaction", "data", "no", "case",
    "end", "*",
]  # fmt: skip
sentences = st.lists(st.sampled_from(WORDS), max_size=16).map(" ".join)


@pytest.mark.parametrize(("sql", "said"), PARAMS)
def test_a_text_is_read_as_the_manual_has_it(sql: str, said: dict[str, Any]) -> None:
    assert read(sql) == expected(said)


def test_every_command_has_a_case() -> None:
    kinds = {case["read"]["kind"].split(" ")[0] for case in ALL}
    assert set(COMMANDS) - {"analyse"} <= kinds


def test_every_kind_of_object_has_a_case() -> None:
    text = " ".join(case["read"]["kind"] + " " + case["sql"] for case in ALL)
    assert [name for name in OBJECTS if name not in (*text.split("  "), "property graph") and name not in text] == []


def test_no_case_makes_the_parser_log_a_statement(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for case in ALL:
            read(case["sql"])
    assert caplog.records == []


@given(text=sentences | texts)
def test_every_text_has_a_reading(text: str) -> None:
    found = read(text)
    assert isinstance(found, Reading)
    assert found.parsed or "unparsed" in found.effects


@given(text=sentences)
def test_only_what_starts_like_a_query_is_probed(text: str) -> None:
    first = text.replace("(", " ").split()[:1]
    assert not read(text).probe or first[0] in (*QUERY_STARTS, "declare", ";")


@given(text=sentences)
def test_an_inner_statement_is_part_of_the_text(text: str) -> None:
    assert (read(text).inner or "") in text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("select " + "(" * 100_000, id="parentheses that open"),
        pytest.param("select " + "(" * 5_000 + "1" + ")" * 5_000, id="parentheses"),
        pytest.param("select " + "not " * 50_000 + "true", id="a row of prefixes"),
        pytest.param("select " + "- " * 50_000 + "1", id="a row of signs"),
        pytest.param("select " + "case when true then " * 5_000 + "1" + " end" * 5_000, id="cases"),
        pytest.param("select " + "a." * 50_000 + "b", id="a long name"),
        pytest.param("select a" + "[1]" * 50_000, id="subscripts"),
        pytest.param("select 1" + " union select 1" * 900, id="unions"),
        pytest.param("select 1" + "::int" * 1_400, id="casts"),
        pytest.param("select a" + "+a" * 1_400, id="sums"),
        pytest.param("with " + ", ".join(f"a{i} as (select 1)" for i in range(400)) + " select 1", id="expressions"),
        pytest.param("with a as (" * 2_000 + "select 1" + ") select 1" * 2_000, id="expressions in expressions"),
        pytest.param("x" * 2_000_000, id="more than is read"),
        pytest.param(";select 1" * 10_000, id="many commands"),
        pytest.param("select '\ud800'", id="half a character"),
        pytest.param("explain " * 10_000, id="explain of explain"),
        pytest.param("/*" * 100_000, id="comments"),
    ],
)
def test_a_hostile_text_has_a_reading_in_bounded_time(text: str) -> None:
    assert isinstance(read(text), Reading)


def test_a_long_list_of_constants_is_read_like_its_first_entry() -> None:
    rows = ", ".join(f"({i}, -{i}.5, 'a', null, $1, '2020-01-01'::date)" for i in range(5_000))
    assert read(f"insert into t values {rows}") == read("insert into t values (1, 2)")
    assert read(f"delete from t where a in ({rows})") == read("delete from t where a in (1)")


def test_an_inner_statement_is_exact_however_long_its_lists_are() -> None:
    rows = ", ".join(f"({i}, 'x'::text, - {i})" for i in range(1_000))
    assert read(f"prepare p as insert into t values {rows}").inner == f"insert into t values {rows}"
    assert read(f"copy (values {rows} ) to stdout").inner == f"values {rows}"
    assert read(f"create table t as values {rows} with no data").inner == f"values {rows}"


def test_names_are_cut_where_the_server_cuts_them() -> None:
    assert read("listen " + "É" + "A" * 100).name == "É" + "a" * 61
    assert read('listen "' + "x" * 62 + 'é"').name == "x" * 62


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param("delete from a where x = '\\' or 1 = 1 --'", Where.CONSTANT, id="conforming"),
        pytest.param("delete from a where x = '\\' or 1 = 1 --' and y", Where.CONSTANT, id="the rest is a comment"),
    ],
)
def test_strings_end_where_the_server_ends_them(text: str, where: Where) -> None:
    assert read(text).where is where
    assert read(text, options=1).where is Where.PRESENT


@pytest.mark.parametrize(
    "text",
    [
        "do $$ begin alter role x password 'y'; end $$",
        "select dblink_connect('host=h user=u password=p')",
        "create user mapping for u server s options (password 'x')",
        "alter role u with encrypted password 'x' valid until 'y'",
        "select pgp_sym_encrypt(a, 'key') from b",
        "copy a from program 'psql postgresql://u:p@h/d'",
        'select \'{"password": "x"}\'',
        "update users set password = 'x'",
        "insert into t values " + ", ".join(f"({i}, 'x')" for i in range(1_000)) + ", (1, 'password=x')",
        "select 'unterminated",
    ],
)
def test_a_text_that_holds_a_password_is_known(text: str) -> None:
    assert read(text).secret


@pytest.mark.parametrize(
    "text", ["select 'password', 'x'", "alter role u nologin", "select password from u where id = 'x'"]
)
def test_a_text_that_only_speaks_of_one_is_not(text: str) -> None:
    assert not read(text).secret
