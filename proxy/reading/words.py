"""A command as words: the scanner's tokens with keywords and names folded as PostgreSQL folds them."""

import re
from collections.abc import Sequence

import msgspec

from proxy.template.lexer import tokens

NAME_BYTES = 63
"""NAMEDATALEN - 1: longer names are cut (manual, "Identifiers and Key Words")."""
ESCAPES = 1
"""Option of the scanner: standard_conforming_strings is off."""

LITERALS = frozenset({1, 2, 3, 4, 5})
STRING, BITS, WORD, QUOTED, UNICODE, PARAM, NUMBER, OPERATOR, MARK = 4, 5, 6, 7, 8, 9, 10, 11, 12
NAMES = frozenset({WORD, QUOTED, UNICODE})

_UNICODE = re.compile(r"""U&"((?:[^"]|"")*)"(?:.*uescape.*?(?:'(.)'|\$\w*\$(.)\$\w*\$))?""", re.IGNORECASE | re.DOTALL)


class Word(msgspec.Struct, frozen=True):
    """One token. key: what grammar compares, empty for literals and quoted names. name: the identifier, folded."""

    kind: int
    start: int
    end: int
    key: str = ""
    name: str | None = None


def fold(word: str) -> str:
    """An unquoted name: ASCII in lower case, cut to 63 bytes."""
    if word.isascii() and len(word) <= NAME_BYTES:
        return word.lower()
    return cut(word.lower() if word.isascii() else "".join(c.lower() if c.isascii() else c for c in word))


def cut(name: str) -> str:
    """A name at its longest, without half a character."""
    encoded = encode(name)
    return name if len(encoded) <= NAME_BYTES else encoded[:NAME_BYTES].decode("utf-8", "ignore")


def encode(text: str) -> bytes:
    """Bytes for the scanner; offsets into them are what words carry."""
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """The inverse of encode."""
    return data.decode("utf-8", "surrogatepass")


def unescape(text: str) -> str | None:
    """The identifier that U&"…" spells; None where it spells none."""
    if (match := _UNICODE.fullmatch(text)) is None:
        return None
    escape = re.escape(match[2] or match[3] or "\\")
    pattern = f"{escape}({escape}|[0-9a-fA-F]{{4}}|\\+[0-9a-fA-F]{{6}})"
    try:
        return cut(re.sub(pattern, lambda found: _character(found[1]), match[1].replace('""', '"')))
    except ValueError:
        return None


def _character(code: str) -> str:
    return code if len(code) == 1 else chr(int(code.lstrip("+"), 16))


def words(data: bytes, *, options: int = 0) -> list[Word] | None:
    """The words of a text; None where it does not lex."""
    found = tokens(data, options)
    return None if found is None else [_word(data, kind, start, end) for kind, start, end in found]


def _word(data: bytes, kind: int, start: int, end: int) -> Word:
    if kind <= BITS:
        return Word(kind, start, end)
    text = str(data[start:end], "utf-8", "surrogatepass")
    if kind == WORD:
        folded = fold(text)
        return Word(kind, start, end, folded, folded)
    if kind == QUOTED:
        return Word(kind, start, end, "", cut(text[1:-1].replace('""', '"')))
    if kind == UNICODE:
        return Word(kind, start, end, "", unescape(text))
    return Word(kind, start, end, text)


class Cursor:
    """A place in a command's words. Reading past the end gives a word that equals nothing."""

    END = Word(0, 0, 0)

    def __init__(self, data: bytes, found: Sequence[Word], *, at: int = 0, end: int | None = None) -> None:
        self.data, self.words, self.at = data, found, at
        self.end = len(found) if end is None else end

    def peek(self, ahead: int = 0) -> Word:
        """The word at the cursor, or some words ahead."""
        return self.words[self.at + ahead] if self.at + ahead < self.end else self.END

    def next(self) -> Word:
        """The word at the cursor, which moves on."""
        word = self.peek()
        self.at += 1
        return word

    def more(self) -> bool:
        """Whether words are left."""
        return self.at < self.end

    def accept(self, *keys: str) -> bool:
        """Moves behind these keywords or marks if all of them stand here in this order."""
        if any(self.peek(i).key != key for i, key in enumerate(keys)):
            return False
        self.at += len(keys)
        return True

    def any_of(self, *keys: str) -> str:
        """Moves behind the word here if it is one of these; the word, or empty."""
        key = self.peek().key
        if key not in keys or not key:
            return ""
        self.at += 1
        return key

    def name(self) -> str | None:
        """Moves behind a name and returns it; stays and returns None where there is none."""
        word = self.peek()
        if word.kind not in NAMES:
            return None
        self.at += 1
        return word.name

    def qualified(self) -> str | None:
        """Moves behind a name with its schema and database; the parts joined by dots."""
        if (part := self.name()) is None:
            return None
        parts = [part]
        while self.peek().key == "." and self.peek(1).kind in NAMES:
            self.at += 1
            parts.append(self.name() or "")
        return dotted(parts)

    def skip_group(self) -> bool:
        """Moves behind a group in parentheses if one starts here."""
        if self.peek().key != "(":
            return False
        depth = 0
        while self.more():
            key = self.next().key
            depth += (key == "(") - (key == ")")
            if depth == 0:
                return True
        return True

    def find(self, *keys: str) -> str:
        """Moves behind the first of these keywords that stands outside parentheses from here on; empty if none does,
        and then the cursor stays."""
        start = self.at
        while self.more():
            if self.skip_group():
                continue
            key = self.next().key
            if key and key in keys:
                return key
        self.at = start
        return ""

    def rest(self) -> str:
        """The text from the cursor to the end of the command, exactly as written."""
        return self.text(self.at, self.end)

    def text(self, start: int, end: int) -> str:
        """The text of some words, exactly as written."""
        return decode(self.data[self.words[start].start : self.words[end - 1].end]) if start < end else ""


def dotted(parts: Sequence[str]) -> str:
    """A qualified name. A part that holds a dot or a quote is quoted, so that no two names look alike."""
    return ".".join(f'"{part.replace(chr(34), chr(34) * 2)}"' if re.search(r'[."]', part) else part for part in parts)
