"""nodeToString and format_node_dump as their sources describe them, and a reader of the first: slow and obvious."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

Value: TypeAlias = "str | int | bytes | Sequence[Value] | tuple[str, Mapping[str, Value]] | None"
"""A node is a tuple of its name and its fields; an unquoted word is a str."""
TOKEN = re.compile(rb"[(){}]|(?:\\.|[^ \n(){}\\])+", re.DOTALL)
NUMBER = re.compile(rb"(?=.{1,18}$)-?[0-9]+")


def escaped(text: bytes) -> bytes:
    """outToken (nodes/outfuncs.c): a name, so that read.c gives it back."""
    if not text:
        return b"<>"
    start = b"\\" if re.match(rb'[<"0-9]|[+-][0-9.]', text) else b""
    return start + re.sub(rb"([ \n\t(){}\\])", rb"\\\1", text)


def quoted(text: bytes) -> bytes:
    """A String node."""
    return b'"' + (escaped(text) if text else b"") + b'"'


def lines(dump: bytes) -> bytes:
    """format_node_dump (nodes/print.c): lines of at most 78 bytes, cut at a space where there is one."""
    found = []
    while len(dump) > 78:
        line, rest = dump[:78], dump[78:]
        if rest.startswith(b" "):
            rest = rest[1:]
        elif (cut := line.rfind(b" ", 1)) > 0:
            line, rest = line[:cut], line[cut + 1 :] + rest
        found.append(line)
        dump = rest
    return b"".join(line + b"\n" for line in [*found, dump] if line)


def ambiguous(dump: bytes) -> bool:
    """Whether a line was cut where no space is, or could have been."""
    while len(dump) > 78:
        line, rest = dump[:78], dump[78:]
        cut = line.rfind(b" ", 1)
        if cut <= 0:
            return True
        dump = rest[1:] if rest.startswith(b" ") else line[cut + 1 :] + rest
    return False


def read(text: bytes) -> Value:
    """One value, of text without ambiguous lines. Raises ValueError or StopIteration at anything else."""
    tokens = iter(TOKEN.findall(text))
    value = _value(next(tokens), tokens)
    if list(tokens):
        raise ValueError("more than one value")
    return value


def _value(token: bytes, tokens: Iterator[bytes]) -> Value:
    if token == b"{":
        return _node(tokens)
    if token == b"(":
        return _list(tokens)
    return _scalar(token)


def _node(tokens: Iterator[bytes]) -> Value:
    name, fields = next(tokens).decode(), dict[str, Value]()
    token = next(tokens)
    while token != b"}":
        if not token.startswith(b":"):
            raise ValueError("no field")
        field, value = token[1:].decode(), _value(next(tokens), tokens)
        token = next(tokens)
        if token == b"[" and isinstance(value, int):
            numbers = []
            while (token := next(tokens)) != b"]":
                numbers.append(int(token) & 255)
            value, token = bytes(numbers), next(tokens)
        fields[field] = value
    return name, fields


def _list(tokens: Iterator[bytes]) -> Value:
    found = list[Value]()
    token = next(tokens)
    if token in (b"b", b"i", b"o", b"x"):
        token = next(tokens)
    while token != b")":
        found.append(_value(token, tokens))
        token = next(tokens)
    return found


def _scalar(token: bytes) -> Value:
    if token.startswith(b'"'):
        return _plain(token[1:-1])
    if token == b"<>":
        return None
    return int(token) if NUMBER.fullmatch(token) else _plain(token)


def _plain(token: bytes) -> str:
    """debackslash (nodes/read.c); a newline in a name is read as a space, because it may have been one."""
    return re.sub(rb"\\(.)", rb"\1", token, flags=re.DOTALL).replace(b"\n", b" ").decode("utf-8", "surrogateescape")
