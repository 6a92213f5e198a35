"""Parts of a document masked in place, by descent over tokens of a regular expression."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

TOKEN = re.compile(r'([ \n\t\r]*)("(?:[^"\\\x00-\x1f]|\\.)*"|[-0-9][-+.eE0-9]*|null|true|false|[\[\]{},:])', re.DOTALL)
SPACE = " \n\t\r"
DEEPEST = 1024


class Unreadable(ValueError):
    """It is no document."""


@dataclass(frozen=True)
class Part:
    """What becomes of a string's content, of a number as it is written, of a boolean, of an object."""

    text: Callable[[str], str | None]
    number: Callable[[str], str | None]
    boolean: str
    object: str


Parts = Mapping[tuple[str, ...], Part]


def masked(document: str, parts: Parts) -> str:
    """The document with its parts masked. Raises Unreadable."""
    tokens = _tokens(document)
    shown: list[str] = []
    end = _value(tokens, 0, [()], parts, shown, 0)
    if end != len(tokens):
        raise Unreadable("more than one value")
    return "".join(shown) + document[len(document.rstrip(SPACE)) :]


def _tokens(document: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = document.rstrip(SPACE)
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None or not (token[2][-1].isdigit() or token[2][0] not in "-0123456789"):
            raise Unreadable("no token")
        found.append((token[1], token[2]))
        at = token.end()
    return found


def _value(
    tokens: Sequence[tuple[str, str]], at: int, keys: list[tuple[str, ...]], parts: Parts, shown: list[str], depth: int
) -> int:
    """keys: the way to here, once; none where it is inside of an object that is not shown."""
    if at >= len(tokens):
        raise Unreadable("cut")
    space, token = tokens[at]
    shown.append(space)
    part = next((parts[one] for one in keys if one in parts), None)
    if token in "{[" and depth == DEEPEST:
        raise Unreadable("too deep")
    if token == "{":
        inside: list[str] = []
        end = _object(tokens, at + 1, [] if part else keys, parts, inside, depth + 1)
        shown.append(part.object if part else "{" + "".join(inside))
        return end
    if token == "[":
        shown.append("[")
        return _array(tokens, at + 1, keys, parts, shown, depth + 1)
    if token in "]},:":
        raise Unreadable("no value")
    shown.append(_scalar(token, part) if part else token)
    return at + 1


def _scalar(token: str, part: Part) -> str:
    if token == "null":
        return token
    if token in ("true", "false"):
        return part.boolean
    if token[0] != '"':
        return part.number(token) or "null"
    after = part.text(_content(token))
    return "null" if after is None else _string(after)


def _content(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        raise Unreadable("no escape") from None


def _string(text: str) -> str:
    return (
        '"' + "".join(f"\\u{ord(one):04x}" if one < " " else "\\" + one if one in '"\\' else one for one in text) + '"'
    )


def _array(
    tokens: Sequence[tuple[str, str]], at: int, keys: list[tuple[str, ...]], parts: Parts, shown: list[str], depth: int
) -> int:
    if tokens[at : at + 1] and tokens[at][1] == "]":
        shown += tokens[at]
        return at + 1
    while True:
        at = _value(tokens, at, keys, parts, shown, depth)
        if at >= len(tokens) or tokens[at][1] not in ",]":
            raise Unreadable("no end of an array")
        shown += tokens[at]
        at += 1
        if tokens[at - 1][1] == "]":
            return at


def _object(
    tokens: Sequence[tuple[str, str]], at: int, keys: list[tuple[str, ...]], parts: Parts, shown: list[str], depth: int
) -> int:
    if tokens[at : at + 1] and tokens[at][1] == "}":
        shown += tokens[at]
        return at + 1
    while True:
        if len(tokens) < at + 2 or tokens[at][1][0] != '"' or tokens[at + 1][1] != ":":
            raise Unreadable("no key")
        follows = any(len(part) > len(one) and part[: len(one)] == one for one in keys for part in parts)
        inside = [(*one, _content(tokens[at][1])) for one in keys] if follows else []
        shown += [*tokens[at], *tokens[at + 1]]
        at = _value(tokens, at + 2, inside, parts, shown, depth)
        if at >= len(tokens) or tokens[at][1] not in ",}":
            raise Unreadable("no end of an object")
        shown += tokens[at]
        at += 1
        if tokens[at - 1][1] == "}":
            return at
