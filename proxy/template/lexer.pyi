from typing import NamedTuple

class Literal(NamedTuple):
    start: int
    end: int
    kind: int

class LexedText(NamedTuple):
    template: bytes
    literals: tuple[Literal, ...]
    statements: int
    flags: int
    signs: tuple[int, ...]

class TokenText(NamedTuple):
    kind: int
    start: int
    end: int
    until: int

class Lexer:
    def __new__(cls, spans: int = 1024) -> Lexer: ...
    def lex(self, text: bytes, options: int = 0) -> LexedText: ...

def tokens(text: bytes, options: int = 0) -> list[TokenText] | None: ...
def split(text: bytes, options: int = 0) -> list[tuple[int, int]] | None: ...
def outline(text: bytes, options: int, most: int, cut_from: int) -> list[list[TokenText]] | None: ...
