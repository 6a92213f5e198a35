"""SQL in pieces, small enough that every rule of the scanner meets every other."""

from hypothesis import strategies as st

PIECES = [
    *("'", "''", "a", "E'", "e'\\'", "\\", "U&'", 'u&"', '"x"', '"', '""', "N'", "b'01'", "X'", "'\n'", "' -- c\n '"),
    *("$$", "$a$", "$1", "$", "1", "1.", ".5", "..", "1e5", "1e", "1_0", "0x1f", "2147483648", "99999999999"),
    *("9223372036854775808", "--", "/*", "*/", "\n", "\r", "\t", " ", "\f", "\v", "é", "{", "UESCAPE", "uescape '!'"),
    *("+", "-", "<", ">", "=", "~", "@", "?", "|", "!=", "*", "/", "%", ";", ":", "::", ":=", "=>", "(", ")", "[", "]"),
    *(",", ".", "select", "create function f()", " begin atomic ", "; end", " or replace ", " case "),
]
pieces = st.sampled_from(PIECES)
texts = st.lists(pieces, max_size=14).map("".join)

ROUTINES = [
    *("create", "or replace", "function", "procedure", "begin", "atomic", "end", "case", ";", "(", ")", "select 1"),
    *("create function f()", "begin atomic", "create or replace procedure p()", '"end"', "x", "."),
]
routines = st.lists(st.sampled_from(ROUTINES), max_size=14).map(" ".join)
