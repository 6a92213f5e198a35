"""COPY TO STDOUT as it is written: what is understood of it, and what is not."""

import pytest

from proxy.server.copy_options import Stream
from proxy.server.copying import copy_text, inner_of_copy

TEXT, CSV = Stream(form="text"), Stream(form="csv", delimiter=b",", null=b"")
BINARY = Stream(form="binary")
UNDERSTOOD = [
    ("copy t to stdout", TEXT),
    ("COPY t TO STDIN;", TEXT),
    ("copy/* a */t to stdout -- so", TEXT),
    ("copy t to stdout with (format text)", TEXT),
    ("copy t to stdout (format csv)", CSV),
    ("copy t to stdout (FORMAT 'csv', HEADER)", Stream(form="csv", delimiter=b",", null=b"", header=True)),
    ("copy t to stdout (header on, format csv)", Stream(form="csv", delimiter=b",", null=b"", header=True)),
    ("copy t to stdout (header 0, format csv)", CSV),
    ("copy t to stdout (header 'FALSE')", TEXT),
    ("copy t to stdout (header 1)", Stream(form="text", header=True)),
    ("copy t to stdout (format binary)", BINARY),
    ("copy binary t to stdout", BINARY),
    ("copy t to stdout with binary", BINARY),
    ("copy t to stdout (format csv, delimiter ';')", Stream(form="csv", delimiter=b";", null=b"")),
    (r"copy t to stdout (format csv, delimiter E'\t')", Stream(form="csv", delimiter=b"\t", null=b"")),
    ("copy t to stdout (delimiter '|')", Stream(form="text", delimiter=b"|")),
    ("copy t to stdout (null '\\N')", TEXT),
    ("copy t to stdout (format csv, null 'NULL')", Stream(form="csv", delimiter=b",", null=b"NULL")),
    (
        "copy t to stdout (format csv, quote '''')",
        Stream(form="csv", delimiter=b",", null=b"", quote=b"'", escape=b"'"),
    ),
    (
        r"copy t to stdout (format csv, quote '|', escape '\')",
        Stream(form="csv", delimiter=b",", null=b"", quote=b"|", escape=b"\\"),
    ),
    ("copy t to stdout (format csv, force_quote *)", Stream(form="csv", delimiter=b",", null=b"", force=True)),
    ('copy t to stdout (format csv, force_quote ("A", b))', Stream(form="csv", delimiter=b",", null=b"", force=True)),
    ("copy t to stdout (encoding 'UTF-8')", TEXT),
    ("copy t to stdout (encoding latin1)", TEXT),
    ("copy t to stdout csv", CSV),
    ("copy t to stdout with csv header", Stream(form="csv", delimiter=b",", null=b"", header=True)),
    ("copy t to stdout with delimiter as ';' csv", Stream(form="csv", delimiter=b";", null=b"")),
    ("copy t to stdout using delimiters '|'", Stream(form="text", delimiter=b"|")),
    ("copy t to stdout delimiters '|' with null '\\N'", Stream(form="text", delimiter=b"|")),
    (
        "copy t to stdout csv force quote a, b header",
        Stream(form="csv", delimiter=b",", null=b"", force=True, header=True),
    ),
    ("copy t to stdout csv force quote *", Stream(form="csv", delimiter=b",", null=b"", force=True)),
    ('copy (select 1 as "to stdout csv") to stdout', TEXT),
    ("copy (select ')' ) to stdout (format csv)", CSV),
]


@pytest.mark.parametrize(("text", "stream"), UNDERSTOOD)
def test_options_are_read_as_the_server_reads_them(text: str, stream: Stream) -> None:
    copied = copy_text(text.encode(), 0)
    assert copied is not None
    assert copied.stream == stream


NOT_UNDERSTOOD = [
    "(format json)",
    "(format csv, format csv)",
    "(format csv, header, header)",
    "(header match)",
    "(header maybe)",
    "(header '1')",
    '(header "true")',
    '("header" true)',
    "(freeze)",
    "(delimiter 'xx')",
    "(delimiter 'a')",
    "(delimiter '')",
    "(delimiter $$|$$)",
    "(delimiter U&'\\007C')",
    "(delimiter '|' '|')",
    "(delimiter 'é')",
    "(delimiter E'\\174')",
    "(null '')",
    "(null 'x')",
    "(format csv, null '\"')",
    "(format csv, null ',')",
    "(format csv, delimiter '\"')",
    "(format csv, null E'\\n')",
    "(quote '|')",
    "(force_quote *)",
    "(format binary, header)",
    "(format binary, null '')",
    "(format csv, delimiter ',', quote ',')",
    "(encoding 'sjis')",
    "(encoding 'gb18030')",
    "(encoding 'nobody')",
    "()",
    "(format csv,)",
    "(format)",
    "(format csv) where true",
    "(format csv",
    "csv csv",
    "csv freeze",
    "csv null as ','",
    "csv header match",
    "csv escape",
    "to stdout",
    "(to stdout)",
    "(format csv, to stdout)",
    "(force_not_null (a), format csv)",
    "(on_error stop)",
    "(format csv, force_quote)",
    "(format csv, force_quote ())",
    "(format csv, escape ',')",
    "(delimiter 'N')",
    "(header -1)",
    "(header 2)",
]


@pytest.mark.parametrize("options", NOT_UNDERSTOOD)
def test_what_is_not_understood_to_the_last_word_has_no_stream(options: str) -> None:
    copied = copy_text(f"copy t to stdout {options}".encode(), 0)
    assert copied is None or copied.stream is None


@pytest.mark.parametrize(
    ("text", "options", "understood"),
    [
        (r"copy t to stdout (format csv, escape '\')", 1, False),
        (r"copy t to stdout (format csv, escape E'\\')", 1, True),
        ("copy t to stdout", 2, False),
        ("copy t to stdout (encoding 'utf8')", 2, True),
        ("copy t to stdout (format binary)", 2, True),
    ],
)
def test_what_a_text_means_depends_on_the_session(text: str, options: int, understood: bool) -> None:
    copied = copy_text(text.encode(), options)
    assert (copied is not None and copied.stream is not None) is understood


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("copy t to stdout", "select * from only t"),
        ('copy "S"."T" to stdout', 'select * from only "S"."T"'),
        ('copy s.t ("Email", id) to stdout csv', 'select "Email", id from only s.t'),
        (r'copy U&"d\0061t" to stdout', r'select * from only U&"d\0061t"'),
        ("copy U&\"d!0061t\" uescape '!' (a) to stdout", "select a from only U&\"d!0061t\" uescape '!'"),
        ("copy binary t to stdout", "select * from only t"),
        ("copy (select 1) to stdout", None),
        ("copy t from stdin", None),
        ("copy t to '/tmp/x'", None),
        ("copy t to program 'x'", None),
        ("select 1", None),
        ("copy", None),
        ("copy binary", None),
        ("copy t", None),
        ("copy t (a to stdout", None),
        ("copy 'x' to stdout", None),
        ('copy t to "stdout"', None),
        ("", None),
        ("'", None),
    ],
)
def test_names_reach_the_server_as_they_were_written(text: str, inner: str | None) -> None:
    assert inner_of_copy(text.encode(), 0) == (None if inner is None else inner.encode())
