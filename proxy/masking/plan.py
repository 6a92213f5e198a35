"""What a method asks of the compiled part: a kernel with its settings, and the constants that stand in."""

from typing import Final, TypeAlias

import msgspec

LONGEST: Final = 0x3FFFFFFF
"""Characters of a PostgreSQL text."""

Constants: TypeAlias = tuple[bytes | None, bytes | None]
"""A value as text and in binary; None is NULL."""

NOTHING: Final[Constants] = (None, None)


class Kernel(msgspec.Struct, frozen=True):
    """A kernel of proxy.masking.kernels by name, and what it needs to know of method and column.

    limit: characters that a text may have. pad: characters of a character(n). blank: trailing spaces mean nothing.
    first, last: characters kept. size, base: of a digest. width: bytes of a number or an address.
    precision, scale: of a numeric; precision 0 where not stated."""

    name: str
    limit: int = LONGEST
    pad: int = 0
    blank: bool = False
    first: int = 0
    last: int = 0
    fill: bytes = b"*"
    size: int = 0
    base: int = 32
    width: int = 0
    precision: int = 0
    scale: int = 0
    element_oid: int = 0


CONSTANT: Final = Kernel("constant")
