"""Places in a statement: bytes to characters, lines and columns, and what stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.app.underline import Mark, SourceText

WIDE = "select '日本😀',\n\tupper(s.people.\"Em ail\") || x\nfrom t"


@pytest.mark.parametrize(
    ("what", "line", "column", "text"),
    [
        pytest.param("select", 1, 1, "select", id="the first word"),
        pytest.param("upper", 2, 2, "upper", id="behind a tab and wide characters"),
        pytest.param("s.people", 2, 8, 's.people."Em ail"', id="a qualified name is one place"),
        pytest.param("||", 2, 27, "||", id="an operator"),
        pytest.param("'", 1, 8, "'日本😀'", id="a literal"),
        pytest.param("t", 1, 6, "t", id="inside a token, one character"),
    ],
)
def test_a_place_is_a_token_with_its_line(what: str, line: int, column: int, text: str) -> None:
    mark = SourceText(WIDE).mark(WIDE.encode().index(what.encode()))
    assert mark is not None
    assert (mark.line, mark.column, mark.text) == (line, column, text)
    assert mark.excerpt == WIDE.split("\n")[line - 1]
    assert mark.excerpt[mark.start :].startswith(text)


def test_what_the_server_counts_in_characters_is_the_same_place() -> None:
    source = SourceText(WIDE)
    assert source.mark_character(WIDE.index("upper") + 1) == source.mark(WIDE.encode().index(b"upper"))


def test_behind_the_end_is_a_place_for_what_is_missing() -> None:
    assert SourceText("select (1").mark_character(10) == Mark(9, 1, 10, "", "select (1", 9)


def test_a_text_that_does_not_lex_has_places_of_one_character() -> None:
    assert SourceText("select 'x").mark(7) == Mark(7, 1, 8, "'", "select 'x", 7)


def test_of_a_long_line_the_surroundings_are_shown() -> None:
    text = "select " + "a, " * 400 + "here, " + "b, " * 400
    mark = SourceText(text).mark(text.index("here"))
    assert mark is not None
    assert len(mark.excerpt) == 200
    assert mark.excerpt[mark.start :].startswith("here, b, b")


@pytest.mark.parametrize("at", [-1, 9, 1_000, 8 - 1])
def test_what_is_no_place_has_no_mark(at: int) -> None:
    source = SourceText("select 😀")  # bytes 8 to 10 continue a character
    assert (source.mark(at) is None) == (at != 7)


@given(
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60),
    at=st.integers(-3, 300),
)
def test_any_offset_in_any_text_is_a_place_or_none(text: str, at: int) -> None:
    mark = SourceText(text).mark(at)
    encoded = text.encode()
    starts = {len(text[:index].encode()) for index in range(len(text))}
    assert (mark is not None) == (at in starts)
    if mark is not None:
        assert mark.excerpt[mark.start : mark.start + len(mark.text)] == mark.text
        assert encoded[at:].startswith(mark.text.encode())
