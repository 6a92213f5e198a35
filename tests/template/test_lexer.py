"""What a template keeps and what it leaves out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.template.lexer import Lexer, outline, split, tokens
from tests.reference import lexer as reference
from tests.support import agree
from tests.template.sql import routines, texts

BROKEN, OVERFLOW, COMMENTS = 1, 2, 4
ESCAPES, CLIENT_ONLY = 1, 2
LEXER = Lexer()


def template(text: str, options: int = 0) -> str:
    """The template with its placeholders made visible; empty for a broken text."""
    lexed = LEXER.lex(text.encode(), options)
    return lexed.template.decode().translate({1: "<int4>", 2: "<int8>", 3: "<numeric>", 4: "<string>", 5: "<bits>"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("SELECT 'a', 1", "SELECT <string>, <int4>", id="literals become their kind"),
        pytest.param(" select\t\n1 ", "select <int4>", id="white space is one space, none at the ends"),
        pytest.param("select/* a /* b */ c */1--x", "select <int4>", id="comments nest and are a space"),
        pytest.param("select 1+-2", "select <int4>+-<int4>", id="a minus is an operator"),
        pytest.param("select 1--2\n", "select <int4>", id="two are a comment"),
        pytest.param("select +/*x*/1", "select + <int4>", id="a comment may start inside an operator"),
        pytest.param('select "a 1", U&"\\0061"', 'select "a 1", U&"\\0061"', id="quoted names stay"),
        pytest.param(
            "select u&\"d!0061\" uescape '!'", "select u&\"d!0061\" uescape '!'", id="and so does their escape"
        ),
        pytest.param("select u&'d!0061' UESCAPE '!'", "select <string>", id="a string's escape is part of it"),
        pytest.param("select E'\\'', e''", "select <string>, <string>", id="E strings"),
        pytest.param("select N'x'", "select N<string>", id="national strings keep the word"),
        pytest.param("select n 'x'", "select n <string>", id="which is not the column n"),
        pytest.param("select 'a'\n  'b'", "select <string>", id="a string goes on behind a newline"),
        pytest.param("select 'a' --\n--\n 'b'", "select <string>", id="and behind comments to the line's end"),
        pytest.param("select 'a' 'b'", "select <string> <string>", id="but not behind a space"),
        pytest.param("select 'a'/*\n*/'b'", "select <string> <string>", id="nor behind another comment"),
        pytest.param("select $$a$b$$, $x$ $$ $x$", "select <string>, <string>", id="dollar quotes"),
        pytest.param("select $1, $23", "select $1, $23", id="parameters stay"),
        pytest.param("select b'01', X'f'", "select <bits>, <bits>", id="bit strings"),
        pytest.param("select b'0''1'", "select <bits><string>", id="in which two quotes are no quote"),
        pytest.param("select a$b$1", "select a$b$1", id="a dollar may be part of a name"),
        pytest.param("select 1..2", "select <int4>..<int4>", id="a range"),
        pytest.param("select 1.,.5,1.e5,2E-3", "select " + ",".join(["<numeric>"] * 4), id="numbers with a point"),
        pytest.param("select ü", "select ü", id="names of any letters"),
        pytest.param("select a::int", "select a::int", id="casts stay"),
    ],
)
def test_a_template_keeps_all_but_literals(text: str, expected: str) -> None:
    assert template(text) == expected


@pytest.mark.parametrize(
    ("digits", "kind"),
    [
        pytest.param("0", "<int4>", id="zero"),
        pytest.param("2147483647", "<int4>", id="the largest int4"),
        pytest.param("2147483648", "2147483648", id="int8, but int4 with a minus: as written"),
        pytest.param("2147483649", "<int8>", id="int8"),
        pytest.param("9223372036854775807", "<int8>", id="the largest int8"),
        pytest.param("9223372036854775808", "9223372036854775808", id="numeric, but int8 with a minus: as written"),
        pytest.param("9223372036854775809", "<numeric>", id="numeric"),
        pytest.param("99999999999999999999", "<numeric>", id="more digits than fit"),
        pytest.param("00000000000000000000001", "<int4>", id="leading zeros do not count"),
    ],
)
def test_a_number_is_of_the_type_that_the_server_gives_it(digits: str, kind: str) -> None:
    assert template(f"select {digits}") == f"select {kind}"


@pytest.mark.parametrize("text", ["1_000", "0x1F", "0o7", "0b1", "1a", "1.5a", "$1a", "1e", "1e+", "1e5_0", "1.a"])
def test_what_versions_read_differently_is_kept_as_written(text: str) -> None:
    assert template(f"select {text}") == f"select {text}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1e'\\''", id="a number, or E''"),
        pytest.param("0x'", id="a number, or x''"),
        pytest.param("1u&'a'", id="junk, or U&''"),
        pytest.param("1a$b$", id="junk, or a name"),
        pytest.param("0x1f$a$;$a$", id="a name, or a string"),
        pytest.param("1e5$1", id="junk, or a parameter"),
        pytest.param("a\vb", id="a vertical tab is white space from 16 on"),
    ],
)
def test_what_versions_cut_differently_is_broken(text: str) -> None:
    assert LEXER.lex(f"select {text}".encode()) == (b"", (), 0, BROKEN, ())


@pytest.mark.parametrize(
    "text",
    [
        *("'", "'a''", "E'\\'", '"', '""', 'U&"', "b'", "$$", "$a$ $A$", "/*", "/*/", "/* /* */", "{", "\\", "$", "$a"),
        *("a\x00b", "'\x00'", "\x01", "\x7f", "U&'a' uescape", "U&'a' uescape x", "U&'a' uescape /*"),
    ],
)
def test_what_does_not_lex_has_no_template(text: str) -> None:
    assert LEXER.lex(text.encode()) == (b"", (), 0, BROKEN, ())


def test_without_standard_conforming_strings_every_string_has_escapes() -> None:
    assert template("select 'a\\'', 1 --'", ESCAPES) == "select <string>, <int4>"
    assert template("select 'a\\', 1 --'") == "select <string>, <int4>"
    assert LEXER.lex(b"select U&'a'", ESCAPES).flags == BROKEN


def test_an_encoding_that_hides_quotes_in_characters_is_never_lexed_beyond_ascii() -> None:
    assert LEXER.lex("select 'ü'".encode(), CLIENT_ONLY).flags == BROKEN
    assert LEXER.lex(b"select 'u'", CLIENT_ONLY).flags == 0


def test_literals_are_found_where_they_are_written() -> None:
    text = b"select 'a' , 12 -- c\n, U&'b' uescape '!'"
    lexed = LEXER.lex(text)
    assert [text[literal.start : literal.end] for literal in lexed.literals] == [b"'a'", b"12", b"U&'b' uescape '!'"]
    assert lexed.flags == COMMENTS


def test_a_minus_right_before_a_literal_is_known() -> None:
    assert LEXER.lex(b"select 1 - /* c */ 2, - -3, -a, +4, 5").signs == (-1, 9, 24, -1, -1)


def test_more_literals_than_there_is_room_for_leave_the_template_whole() -> None:
    lexed = Lexer(2).lex(b"select 1, 2, 3")
    assert lexed == (b"select \x01, \x01, \x01", ((7, 8, 1), (10, 11, 1)), 1, OVERFLOW, (-1, -1))


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" ; -- c\n ;", [], id="empty commands"),
        pytest.param("select 1", ["select 1"], id="one without a semicolon"),
        pytest.param("select 1 /* a */ ; ;select ';' ", ["select 1", "select ';'"], id="two"),
        pytest.param(
            "create rule r as on insert to t do (select 1; select 2); x",
            ["create rule r as on insert to t do (select 1; select 2)", "x"],
            id="semicolons in parentheses",
        ),
        pytest.param(
            "create function f() returns int begin atomic select 1; select case when a then 1 end; end; select 2",
            ["create function f() returns int begin atomic select 1; select case when a then 1 end; end", "select 2"],
            id="the body of a function",
        ),
        pytest.param(
            "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC END; x",
            ["CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC END", "x"],
            id="an empty body",
        ),
        pytest.param(
            "create function f() begin atomic select 1 as end; select t.end; end; x",
            ["create function f() begin atomic select 1 as end; select t.end; end", "x"],
            id="labels named end",
        ),
        pytest.param("begin; end", ["begin", "end"], id="a transaction is no body"),
        pytest.param("create table begin(a int); end", ["create table begin(a int)", "end"], id="nor is a table"),
    ],
)
def test_commands_end_at_semicolons(text: str, commands: list[str]) -> None:
    assert [text[start:end] for start, end in split(text.encode()) or []] == commands
    assert LEXER.lex(text.encode()).statements == len(commands)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("create function f() begin atomic select 1;", id="a body that does not end"),
        pytest.param(
            "create function f() begin atomic create function g() begin atomic end; end", id="a body in a body"
        ),
        pytest.param("select '", id="a text that does not lex"),
    ],
)
def test_what_cannot_be_split_with_certainty_is_not_split(text: str) -> None:
    assert split(text.encode()) is None
    assert LEXER.lex(text.encode()).flags == BROKEN


@given(text=texts | routines, escapes=st.booleans())
def test_the_lexer_agrees_with_the_reference(text: str, escapes: bool) -> None:
    data = text.encode()
    agree(lambda: LEXER.lex(data, ESCAPES if escapes else 0), lambda: reference.template(data, escapes))


@given(text=texts, options=st.sampled_from([0, ESCAPES, CLIENT_ONLY]), spans=st.integers(0, 3))
def test_tokens_and_templates_break_together(text: str, options: int, spans: int) -> None:
    data = text.encode()
    lexed = Lexer(spans).lex(data, options)
    assert len(lexed.template) <= len(data)
    assert (split(data, options) is None) == bool(lexed.flags & BROKEN)
    assert (tokens(data, options) is not None) or lexed.flags == BROKEN


@given(text=texts, escapes=st.booleans())
def test_a_template_tells_every_token_but_the_values_of_literals(text: str, escapes: bool) -> None:
    """So two texts that differ in more than that never share one."""
    data = text.encode()
    options = ESCAPES if escapes else 0
    lexed = LEXER.lex(data, options)
    found = tokens(data, options) if lexed.flags != BROKEN else []
    spelled = [(kind, bytes([kind]) if kind <= 5 else data[start:end]) for kind, start, end, _ in found or []]
    assert list(reference.told(lexed.template, escapes)) == spelled


LISTS = st.lists(st.sampled_from(["(", ")", ",", "1", "'a'", "-", "::", "int", "null", "$1", "a"]), max_size=20)


@given(text=LISTS.map(" ".join))
def test_long_lists_of_constants_keep_their_first_entry(text: str) -> None:
    data = text.encode()
    found = list(reference.tokens(data))
    expected = reference.shortened(data, found) if len(found) > 1 else found
    cut = [token for command in outline(data, 0, 1_000, 1) or [] for token in command]
    assert [(token.kind, token.start, token.end) for token in cut] == [*expected]
    assert (split(data) or [(0, 0)])[0] == ((cut[0].start, cut[-1].until) if cut else (0, 0))


@given(text=texts | routines)
def test_an_outline_of_a_short_text_is_all_its_tokens_by_command(text: str) -> None:
    data = text.encode()
    places = split(data)
    commands = outline(data, 0, 1_000, 1_000)
    assert (commands is None) == (places is None)
    assert [(tokens[0].start, tokens[-1].until) for tokens in commands or []] == (places or [])


def test_an_outline_has_a_limit() -> None:
    assert outline(b"a b c d", 0, 3, 2) is None
    assert outline(b"a; b; c", 0, 3, 3) is None
    assert outline(b"a 1,2,3,4,5", 0, 4, 2) == [[(6, 0, 1, 1), (1, 2, 3, 11)]]


@given(data=st.binary(max_size=60), options=st.integers(0, 3))
def test_any_bytes_have_an_answer(data: bytes, options: int) -> None:
    assert LEXER.lex(data, options).flags in (0, BROKEN, COMMENTS)


@pytest.mark.parametrize("piece", ["+-", "/*", "'a'\n", "$a$", "$", "(", "u&'' ", "- ", "1e", '"', "--\n", "a.", ";"])
def test_time_is_linear_in_the_text(piece: str) -> None:
    """A quadratic scanner would need hours for these."""
    assert LEXER.lex(piece.encode() * 1_000_000).flags in (0, BROKEN, COMMENTS, OVERFLOW, OVERFLOW | COMMENTS)
