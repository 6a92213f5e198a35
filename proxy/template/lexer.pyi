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

class TokenText(NamedTuple):
    kind: int
    start: int
    end: int

class Lexer:
    def __init__(self, spans: int = 1024) -> None: ...
    def lex(self, text: bytes, options: int = 0) -> LexedText: ...

def tokens(text: bytes, options: int = 0) -> list[TokenText] | None: ...
def split(text: bytes, options: int = 0) -> list[tuple[int, int]] | None: ...
