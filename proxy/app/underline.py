"""Places in a statement's text: byte offsets of the server's trees to lines, columns and what stands there."""

from typing import Final

import msgspec

from proxy.template.lexer import TokenText, tokens

LONGEST_LINE: Final = 200
"""Characters of a line that are shown around a place."""
LEADING: Final = 60


class Mark(msgspec.Struct, frozen=True):
    """One place. at: byte offset in the text; line and column: counted from 1, in characters; text: what stands there;
    excerpt: its line or a part of it, in which it starts at `start` (characters)."""

    at: int
    line: int
    column: int
    text: str
    excerpt: str
    start: int


class SourceText:
    """A statement's text, as bytes and characters. Offsets that are no places in it have no mark."""

    def __init__(self, text: str, options: int = 0) -> None:
        self._text, self._bytes = text, text.encode()
        self._ends = {token.start: token for token in tokens(self._bytes, options) or ()}

    def mark(self, at: int) -> Mark | None:
        """The token at a byte offset; None where there is none."""
        if not 0 <= at < len(self._bytes) or self._bytes[at] & 0xC0 == 0x80:
            return None
        return self._marked(len(self._bytes[:at].decode()), at)

    def characters(self, at: int) -> int:
        """How many characters stand before a byte offset."""
        return len(self._bytes[:at].decode(errors="replace"))

    def mark_character(self, position: int) -> Mark | None:
        """The same for what the server counts in characters, from 1. Behind the last one is a place as well."""
        if not 1 <= position <= len(self._text) + 1:
            return None
        return self._marked(position - 1, len(self._text[: position - 1].encode()))

    def _marked(self, start: int, at: int) -> Mark:
        end = start + max(len(self._bytes[at : self._end(at)].decode(errors="replace")), 1)
        opening = self._text.rfind("\n", 0, start) + 1
        closing = self._text.find("\n", start)
        closing = len(self._text) if closing < 0 else closing
        shown = self._text[start : min(end, closing)]
        cut = opening if start - opening <= LONGEST_LINE - LEADING else start - LEADING
        excerpt = self._text[cut : min(closing, cut + LONGEST_LINE)].rstrip("\r")
        return Mark(at, self._text.count("\n", 0, start) + 1, start - opening + 1, shown, excerpt, start - cut)

    def _end(self, at: int) -> int:
        """Behind the token, and behind the names that dots join to it."""
        token = self._ends.get(at)
        end = at if token is None else token.end
        while (
            token is not None and (dot := self._ends.get(end)) is not None and self._bytes[dot.start : dot.end] == b"."
        ):
            token = self._ends.get(dot.end)
            end = end if token is None or not self._is_name(token) else token.end
            if token is None or token.end != end:
                break
        return end

    def _is_name(self, token: TokenText) -> bool:
        first = self._bytes[token.start : token.start + 1]
        return first.isalpha() or first in (b"_", b'"', b"*") or first >= b"\x80"
