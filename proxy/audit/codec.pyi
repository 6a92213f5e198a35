from collections.abc import Sequence
from typing import TypeAlias

Value: TypeAlias = tuple[int, int, bytes | None, int]
Decoded: TypeAlias = tuple[int, int, int, str, int, int, int, int, int, int, int, str | None, list[Value], int]

def decode(data: bytes, start: int, end: int) -> Decoded: ...

class Coder:
    def __init__(self, key: bytes, value_bytes: int, values_bytes: int) -> None: ...
    def encode(self, values: Sequence[tuple[bytes | None, int]] = (), **fields: object) -> bytes: ...
