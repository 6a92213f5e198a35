"""The lexer written the slow way: one regular expression a kind of token, from the manual's "Lexical Structure".

Bytes in, so that characters above 0x7f are single "letters" as they are for the server's scanner.
"""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

INT4, INT8, NUMERIC, STRING, BITS = 1, 2, 3, 4, 5
WORD, QUOTED, UNICODE, PARAM, NUMBER, OPERATOR, MARK = 6, 7, 8, 9, 10, 11, 12
BROKEN, COMMENTS = 1, 4


class Broken(Exception):
    pass


class Token(NamedTuple):
    kind: int
    start: int
    end: int


# A string goes on in the next line when only white space and -- comments stand between, a newline among them.
GOES_ON = rb"(?>(?:[ \t\f]|--[^\n\r]*+)*+[\n\r](?:[ \t\f\n\r]|--[^\n\r]*+[\n\r])*+')"
PLAIN = rb"'(?:[^']|'')*+'(?!')(?:" + GOES_ON + rb"(?:[^']|'')*+')*+"
ESCAPED = rb"'(?:[^'\\]|''|\\.)*+'(?:" + GOES_ON + rb"(?:[^'\\]|''|\\.)*+')*+"
BIT_STRING = rb"'[^']*+'(?:" + GOES_ON + rb"[^']*+')*+"
DOLLARS = rb"(?P<tag>\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+)?\$).*?(?P=tag)"
IDENTIFIER = rb'"(?:[^"]|"")++"'
LETTERS = rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+"
NUMERAL = rb"(?>\d++\.(?!\.)\d*+|\.\d++|\d++)(?:[eE][+-]?\d++)?+"
BLANK = re.compile(rb"[ \t\n\r\f]+|--[^\n\r]*")
COMMENT_EDGE = re.compile(rb"/\*|\*/")
UESCAPE = re.compile(rb"uescape(?![A-Za-z0-9_$\x80-\xff])", re.IGNORECASE)

KINDS = [
    (STRING, rb"[eE]" + ESCAPED),
    (STRING, rb"[uU]&" + PLAIN),
    (BITS, rb"[bBxX]" + BIT_STRING),
    (UNICODE, rb"[uU]&" + IDENTIFIER),
    (QUOTED, IDENTIFIER),
    (WORD, rb"[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*+"),
    (STRING, DOLLARS),
    (PARAM, rb"\$\d++(?:" + LETTERS + rb")?"),
    (NUMBER, NUMERAL + rb"(?:" + LETTERS + rb")?"),
    (MARK, rb"::|:=|\.\.|[,()\[\].;:]"),
    (OPERATOR, rb"(?:(?!--|/\*)[~!@#^&|`?+*/%<>=-])++"),
]
# Where a word like E or U& has a quote behind it, it is that string or the text is broken.
OPENINGS = re.compile(rb"[eEbBxX]'|[uU]&['\"]")


def skip(text: bytes, at: int) -> int:
    """Behind white space and comments."""
    while at < len(text):
        if blank := BLANK.match(text, at):
            at = blank.end()
        elif text.startswith(b"/*", at):
            at = behind_comment(text, at)
        else:
            break
    return at


def behind_comment(text: bytes, at: int) -> int:
    depth = 0
    while edge := COMMENT_EDGE.search(text, at):
        depth += 1 if edge[0] == b"/*" else -1
        at = edge.end()
        if depth == 0:
            return at
    raise Broken


def string_at(text: bytes, at: int, escapes: bool) -> int:
    """The end of the plain string that starts there, or Broken."""
    for pattern in (ESCAPED if escapes else PLAIN, rb"[eE]" + ESCAPED, DOLLARS):
        if found := re.compile(pattern, re.DOTALL).match(text, at):
            return found.end()
    raise Broken


def numeral_kind(digits: bytes) -> int:
    """What make_const in parse_node.c gives."""
    if not digits.isdigit():
        return NUMERIC
    value = int(digits)
    if value in (2**31, 2**63):
        return NUMBER
    return INT4 if value < 2**31 else INT8 if value < 2**63 else NUMERIC


def token_at(text: bytes, at: int, escapes: bool) -> Token:
    if text[at : at + 1] == b"'":
        return Token(STRING, at, string_at(text, at, escapes))
    matches = ((kind, re.compile(pattern, re.DOTALL).match(text, at)) for kind, pattern in KINDS)
    kind, found = next(((kind, match) for kind, match in matches if match), (0, None))
    if found is None:
        raise Broken
    if kind == WORD and OPENINGS.match(text, at):
        raise Broken
    end = found.end()
    if found[0][:1] in b"uU" and found[0][1:2] == b"&":
        if kind == STRING and escapes:
            raise Broken
        behind = skip_or_stay(text, end)
        if escape := UESCAPE.match(text, behind):
            end = string_at(text, skip(text, escape.end()), escapes)
    if kind in (NUMBER, PARAM):
        return number(text, kind, at, end)
    if kind == OPERATOR:
        end = at + len(trimmed(found[0]))
    return Token(kind, at, end)


def skip_or_stay(text: bytes, at: int) -> int:
    try:
        return skip(text, at)
    except Broken:
        return at


def number(text: bytes, kind: int, at: int, end: int) -> Token:
    """Letters at once behind a number mean different things in different versions."""
    found = text[at:end]
    junk = re.fullmatch((rb"\$\d+" if kind == PARAM else NUMERAL) + rb"(" + LETTERS + rb")", found)
    power = kind == NUMBER and re.search(rb"[eE][+-]?\d+$", found) is not None
    follow = text[end : end + 1]
    if (junk or power) and follow == b"$":
        raise Broken
    if junk and (follow == b"'" or (follow == b"&" and found[-1:] in b"uU")):
        raise Broken
    if junk:
        return Token(NUMBER, at, end)
    return Token(kind if kind == PARAM else numeral_kind(found), at, end)


def trimmed(operator: bytes) -> bytes:
    """Manual, "Operators": + and - end a longer name only if it has one of ~ ! @ # % ^ & | ` ?"""
    if re.search(rb"[~!@#%^&|`?]", operator):
        return operator
    return operator[:1] + operator[1:].rstrip(b"+-") if operator.rstrip(b"+-") else operator[:1]


def tokens(text: bytes, escapes: bool = False) -> Iterator[Token]:
    if b"\0" in text:
        raise Broken
    at = skip(text, 0)
    while at < len(text):
        token = token_at(text, at, escapes)
        yield token
        at = skip(text, token.end)


Lexed: TypeAlias = tuple[bytes, tuple[tuple[int, int, int], ...], int, int, tuple[int, ...]]


def template(text: bytes, escapes: bool = False) -> Lexed:
    """Template, literals, commands, flags and the literals' signs; of these a broken text has only flags."""
    try:
        found = list(tokens(text, escapes))
        count = len(commands(text, found))
    except Broken:
        return b"", (), 0, BROKEN, ()
    pieces: list[bytes] = []
    last = 0
    for token in found:
        gap = b" " if pieces and token.start > last else b""
        pieces.append(gap + (bytes([token.kind]) if token.kind <= BITS else text[token.start : token.end]))
        last = token.end
    literals = tuple((token.start, token.end, token.kind) for token in found if token.kind <= BITS)
    pairs = itertools.pairwise([Token(MARK, 0, 0), *found])
    signs = [before.start if text[before.start : before.end] == b"-" else -1 for before, at in pairs if at.kind <= BITS]
    return b"".join(pieces), literals, count, COMMENTS * has_comment(text, found), tuple(signs)


def told(text: bytes, escapes: bool = False) -> Iterator[tuple[int, bytes]]:
    """The tokens that a template tells: kind and spelling, a literal's spelling being its kind."""
    at = 0
    while at < len(text):
        if text[at] <= BITS:
            yield text[at], text[at : at + 1]
            at += 1
        else:
            kind, start, end = token_at(text, at, escapes)
            yield kind, text[start:end]
            at = end
        at += text.startswith(b" ", at)


def has_comment(text: bytes, found: list[Token]) -> bool:
    edges = [0, *(edge for token in found for edge in (token.start, token.end)), len(text)]
    gaps = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return any(b"--" in gap or b"/*" in gap for gap in gaps)


def commands(text: bytes, found: list[Token]) -> list[tuple[int, int]]:
    """Where the commands are: cut at each semicolon outside parentheses, then joined again where a routine's body
    was cut: CREATE [OR REPLACE] FUNCTION or PROCEDURE … BEGIN ATOMIC statement; … END."""
    pieces = cut(text, found)
    joined: list[list[Token]] = []
    while pieces:
        piece = pieces.pop(0)
        body = behind_atomic(text, piece)
        while body is not None and body[:1] != ["end"]:
            if opens(body) or not pieces:
                raise Broken
            body = outside(text, pieces[0])
            piece = piece + pieces.pop(0)
        if piece:
            joined.append(piece)
    return [(piece[0].start, piece[-1].end) for piece in joined]


def opens(words: list[str]) -> bool:
    return ("begin", "atomic") in itertools.pairwise(words)


def cut(text: bytes, found: list[Token]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        mark = text[token.start : token.end] if token.kind == MARK else b""
        depth = max(0, depth + (mark == b"(") - (mark == b")"))
        if mark == b";" and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def outside(text: bytes, piece: list[Token]) -> list[str]:
    """The words and marks outside parentheses, others as an empty string."""
    depth, found = 0, []
    for token in piece:
        spelled = text[token.start : token.end].decode("latin-1").lower() if token.kind in (WORD, MARK) else ""
        depth = max(0, depth + (spelled == "(") - (spelled == ")"))
        if depth == 0:
            found.append(spelled)
    return found


def behind_atomic(text: bytes, piece: list[Token]) -> list[str] | None:
    """The words behind BEGIN ATOMIC in a command that creates a routine; None if there are none."""
    first = [text[token.start : token.end].lower() if token.kind == WORD else b"" for token in piece[:4]]
    if first[1:3] == [b"or", b"replace"]:
        del first[1:3]
    if first[:1] != [b"create"] or first[1:2] not in ([b"function"], [b"procedure"]):
        return None
    words = outside(text, piece)
    at = next((i for i in range(len(words) - 1) if words[i : i + 2] == ["begin", "atomic"]), None)
    return None if at is None else words[at + 2 :]


def shortened(text: bytes, found: list[Token]) -> list[Token]:
    """Lists of constants cut to their first entry, as long as there is something to cut: , S behind S; , (S) behind
    (S); ::type behind S; a sign before S in a list."""
    rules = [r"(?<=[SW])C[NW]", r"(?<=[,(])[+-](?=[SW])", r"(?<=[SW]),[SW]", r"(?<=\([SW]\)),\([SW]\)"]
    symbols = [symbol(text, token) for token in found]
    changed = True
    while changed:
        changed = False
        for rule in rules:
            line = "".join(symbols)
            while match := re.search(rule, line):
                del found[match.start() : match.end()], symbols[match.start() : match.end()]
                line, changed = "".join(symbols), True
    return found


def symbol(text: bytes, token: Token) -> str:
    spelled = text[token.start : token.end].lower()
    if token.kind <= BITS or token.kind in (PARAM, NUMBER):
        return "S"
    if token.kind == WORD:
        return "W" if spelled in (b"null", b"default", b"true", b"false") else "N"
    return {b"::": "C", b",": ",", b"(": "(", b")": ")", b"+": "+", b"-": "-"}.get(spelled, ".")
