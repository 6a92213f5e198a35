"""The lexer against PostgreSQL's own: libpg_query's scanner and parser, and real servers."""

import re

import psycopg
import pytest
from hypothesis import given

from proxy.embedded.postgres import EmbeddedPostgres
from proxy.template.lexer import Lexer, split, tokens
from tests.reference import parser
from tests.template.sql import routines, texts

LEXER = Lexer()
KINDS = {
    "ICONST": {1, 10},
    "FCONST": {2, 3, 10},
    "SCONST": {4},
    "USCONST": {4},
    "BCONST": {5},
    "XCONST": {5},
    "UIDENT": {8},
    "PARAM": {9},
    "IDENT": {6, 7},
}
VALUES = ("Unicode escape", "parameter number", "trailing junk", "invalid hexadecimal")
"""Errors that depend on a literal's value, or that stand where the text is kept as written."""


def scanned(text: str) -> list[tuple[str, int, int]] | None:
    """The tokens of libpg_query, a UESCAPE joined to what it belongs to."""
    if (found := parser.scan(text)) is None:
        return None
    joined: list[tuple[str, int, int]] = []
    while found:
        kind, start, end = found.pop(0)
        if kind in ("USCONST", "UIDENT") and len(found) > 1 and found[0][0] == "UESCAPE":
            end = found[1][2]
            del found[:2]
        joined.append((kind, start, end))
    return joined


@given(text=texts)
def test_tokens_are_cut_where_the_server_cuts_them(text: str) -> None:
    data = text.encode()
    mine, theirs = tokens(data), scanned(text)
    if mine is None or theirs is None or any(kind == 10 or b"--" in data[start:end] for kind, start, end, _ in mine):
        return  # libpg_query keeps comments as tokens, so that a string does not go on behind one: servers differ
    assert [(start, end) for _, start, end, _ in mine] == [(start, end) for _, start, end in theirs]
    assert [
        (kind, name)
        for (kind, _, _, _), (name, _, _) in zip(mine, theirs, strict=True)
        if kind not in KINDS.get(name, {kind})
    ] == []


@given(text=texts)
def test_what_the_server_cannot_lex_is_broken_or_a_matter_of_values(text: str) -> None:
    error = parser.scan_error(text)
    assert not error or tokens(text.encode()) is None or any(words in error for words in VALUES)


@given(text=routines)
def test_commands_are_split_where_the_grammar_splits_them(text: str) -> None:
    theirs = parser.split(text)
    mine = split(text.encode())
    assert theirs is None or mine is None or [text[start:end] for start, end in mine] == theirs


@pytest.mark.parametrize(
    "text",
    [
        "select 1; select 2 ; ; select 3",
        "create rule r as on update to t do instead (delete from a; insert into b values (1)); select 1",
        "create function f() returns int language sql begin atomic select 1; select 2; end; select 3",
        "create function f() returns int begin atomic end; select 3",
        "create or replace procedure f(begin int) language sql begin atomic select case begin when 1 then 2 end; end",
        "create function f() returns int begin atomic select 1 as end; select a.end from a; end; commit",
        "create function f() returns int return 1; begin; end",
        "create function f() returns int as $$ begin; end $$ language plpgsql; select ';'",
        "create view atomic as select 1; create table begin (atomic int); begin; select atomic from begin; end",
    ],
)
def test_known_commands_are_split_where_the_grammar_splits_them(text: str) -> None:
    assert [text[start:end] for start, end in split(text.encode()) or []] == parser.split(text)


@pytest.mark.parametrize(
    "digits",
    ["0", "2147483647", "2147483648", "2147483649", "9223372036854775807", "9223372036854775808", "1.0", "1e3", ".5"],
)
@pytest.mark.parametrize("sign", ["", "-", "- /* c */ "])
def test_placeholders_of_one_kind_have_one_type(any_server: EmbeddedPostgres, sign: str, digits: str) -> None:
    kinds = {1: "integer", 2: "bigint", 3: "numeric"}
    found = LEXER.lex(f"select {sign}{digits}".encode()).literals
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        row = connection.execute(f"select pg_typeof({sign}{digits})::text".encode()).fetchone()
    assert [kinds[literal.kind] for literal in found] in ([], list(row or ()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("select 'a' -- c\n 'b'", "ab"),
        ("select 'a'\n -- c\n 'b'", "ab"),
        ("select 'a' -- c\r--\r'b'", "ab"),
        ("select e'a' --\n'\\x41'", "aA"),
    ],
)
def test_a_string_goes_on_behind_a_comment_to_the_lines_end(
    any_server: EmbeddedPostgres, text: str, value: str
) -> None:
    with psycopg.connect(any_server.dsn()) as connection:
        assert connection.execute(text.encode()).fetchone() == (value,)
    assert [literal.end for literal in LEXER.lex(text.encode()).literals] == [len(text)]


CONSTANT = re.compile(r"\{CONST :consttype (?:23|20|1700) .*?:location (\d+)")


@pytest.mark.parametrize("expression", ["1", "-1", "- /* c */ 1", "-1.5", "+ -99999999999", "2-1", "2 - -1"])
def test_the_servers_tree_puts_constants_at_literals_or_their_signs(
    any_server: EmbeddedPostgres, expression: str
) -> None:
    text = f"select {expression}"
    shown: list[str] = []
    with psycopg.connect(any_server.dsn()) as connection:
        connection.execute("set debug_print_parse = on; set client_min_messages = log")
        connection.add_notice_handler(lambda notice: shown.append(notice.message_detail or ""))
        connection.pgconn.prepare(b"", text.encode())
    lexed = LEXER.lex(text.encode())
    places = {int(place) for place in CONSTANT.findall(" ".join("".join(shown).split()))}
    assert places
    assert places <= {literal.start for literal in lexed.literals} | set(lexed.signs)


@pytest.mark.parametrize("text", ["select 1", "select 1; select 2", ";;select 1;; select ';'; ", "select 1 -- ;\n;"])
def test_the_server_runs_as_many_commands_as_are_counted(any_server: EmbeddedPostgres, text: str) -> None:
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        results = 1
        while cursor.nextset():
            results += 1
    assert results == LEXER.lex(text.encode()).statements
