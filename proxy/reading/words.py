"""A command as words: the scanner's tokens with keywords and names folded as PostgreSQL folds them."""

import re
from collections.abc import Sequence

import msgspec

from proxy.template.lexer import TokenText, outline

NAME_BYTES = 63
"""NAMEDATALEN - 1: longer names are cut (manual, "Identifiers and Key Words")."""
LONG = 400
"""Words from which on lists of constants are cut to their first entry."""
MOST = 20_000
"""Words of a text that are read at most, after that."""

LITERALS = frozenset({1, 2, 3, 4, 5})
STRING, BITS, WORD, QUOTED, UNICODE, PARAM, NUMBER, OPERATOR, MARK = 4, 5, 6, 7, 8, 9, 10, 11, 12
NAMES = frozenset({WORD, QUOTED, UNICODE})

_UNICODE = re.compile(r"""U&"((?:[^"]|"")*)"(?:.*uescape.*?(?:'(.)'|\$\w*\$(.)\$\w*\$))?""", re.IGNORECASE | re.DOTALL)


class Word(msgspec.Struct, frozen=True):
    """One token. until: its end, or that of the list it is the first entry of. key: what grammar compares, empty for
    literals and quoted names. name: the identifier, folded."""

    kind: int
    start: int
    end: int
    until: int
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


def commands(data: bytes, *, options: int = 0) -> "list[list[Word]] | None":
    """The words of each command in a text; None where it does not lex or holds too much to be read. In a long text,
    lists of constants keep their first entry alone."""
    found = outline(data, options, MOST, LONG)
    return None if found is None else [[_word(data, token) for token in tokens] for tokens in found]


def _word(data: bytes, token: TokenText) -> Word:
    kind, start, end, until = token
    if kind <= BITS:
        return Word(kind, start, end, until)
    text = str(data[start:end], "utf-8", "surrogatepass")
    if kind == WORD:
        folded = fold(text)
        return Word(kind, start, end, until, folded, folded)
    if kind == QUOTED:
        return Word(kind, start, end, until, "", cut(text[1:-1].replace('""', '"')))
    if kind == UNICODE:
        return Word(kind, start, end, until, "", unescape(text))
    return Word(kind, start, end, until, text)


def closing(found: Sequence[Word]) -> dict[int, int]:
    """Where each parenthesis that opens is closed; behind the last word where it is not."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for at, word in enumerate(found):
        if word.key == "(":
            opened.append(at)
        elif word.key == ")" and opened:
            pairs[opened.pop()] = at
    pairs.update(dict.fromkeys(opened, len(found)))
    return pairs


class Cursor:
    """A place in a command's words. Reading past the end gives a word that equals nothing."""

    END = Word(0, 0, 0, 0)

    def __init__(self, data: bytes, found: Sequence[Word]) -> None:
        self.data, self.words = data, found
        self.at, self.end = 0, len(found)
        self._closing = closing(found)

    def part(self, at: int, end: int) -> "Cursor":
        """A cursor over some of the words."""
        made = object.__new__(Cursor)
        made.data, made.words, made._closing = self.data, self.words, self._closing
        made.at, made.end = at, end
        return made

    def without(self, *keys: str) -> "Cursor":
        """A cursor over the words from here, but for these keywords if they are the last."""
        start = self.end - len(keys)
        ends = start >= self.at and all(self.words[start + i].key == key for i, key in enumerate(keys))
        return self.part(self.at, start if ends else self.end)

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
        """Moves behind a group in parentheses if one starts here; to the end if it does not close."""
        if self.peek().key != "(":
            return False
        self.at = min(self._closing[self.at] + 1, self.end)
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
        return decode(self.data[self.words[start].start : self.words[end - 1].until]) if start < end else ""


def dotted(parts: Sequence[str]) -> str:
    """A qualified name. A part that holds a dot or a quote is quoted, so that no two names look alike."""
    return ".".join(f'"{part.replace(chr(34), chr(34) * 2)}"' if re.search(r'[."]', part) else part for part in parts)
