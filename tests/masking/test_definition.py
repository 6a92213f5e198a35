"""Stored definitions lose their constants, word for word known ones do not."""

import struct

import pytest

from proxy.masking.definitions import comment_mask, definition_mask
from proxy.masking.kernels import ColumnMask
from proxy.masking.rows import RowMask


def masked(mask: ColumnMask, text: str) -> str | None:
    value = text.encode()
    row = struct.pack("!hi", 1, len(value)) + value
    frame = RowMask([mask]).apply(row, b"\0")
    (length,) = struct.unpack_from("!i", frame, 7)
    return None if length < 0 else frame[11:].decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CHECK ((email <> 'a@b'::text))", "CHECK ((email <> 'redacted'::text))"),
        ("(x = 'it''s'::text)", "(x = 'redacted'::text)"),
        (r"'a\'::text", "'redacted'::text"),
        ("((pin > 4711) AND (t1.n < 1.5e+10))", "((pin > 0) AND (t1.n < 0))"),
        ('("4711" > 12)', '("4711" > 0)'),
        ("nextval('s.a_seq'::regclass)", "nextval('s.a_seq'::regclass)"),
        ("'x'::regclassy", "'redacted'::regclassy"),
        ("(active = true) OR NOT FALSE", "(active = false) OR NOT false"),
        ("('x'::character varying)::numeric(10,2)", "('redacted'::character varying)::numeric(10,2)"),
        ("f(1)", "f(0)"),
        ("AS $function$select 'a'$function$ 1", "AS 'redacted' 0"),
        ("B'101'::bit(3)", "B'redacted'::bit(3)"),
        ("'unterminated 4711", "'redacted'"),
        ("trueish falsehood", "trueish falsehood"),
        ("", ""),
    ],
)
def test_constants_are_hidden_and_structure_is_not(text: str, shown: str) -> None:
    assert masked(definition_mask([]), text) == shown


def test_a_known_text_passes_and_what_differs_in_one_byte_does_not() -> None:
    mask = definition_mask([b"'a'::text", b"'ab'::text", b"7", b"'z'"])
    assert [masked(mask, text) for text in ("'a'::text", "'ab'::text", "7", "'z'", "'ac'::text", "77", "")] == [
        "'a'::text", "'ab'::text", "7", "'z'", "'redacted'::text", "0", "",
    ]  # fmt: skip


def test_a_comment_passes_if_it_is_known() -> None:
    mask = comment_mask([b"of a table", b"other"])
    assert [masked(mask, text) for text in ("of a table", "other", "of a tabl", "never 4711")] == [
        "of a table", "other", None, None,
    ]  # fmt: skip
