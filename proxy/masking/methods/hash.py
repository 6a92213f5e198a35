"""hash: the keyed digest of a text."""

from typing import Annotated, Final, Literal

from msgspec import Meta, structs

from proxy.masking.column import Column
from proxy.masking.method import KeyedMethod, text_kernel, text_problem
from proxy.masking.plan import Kernel

LONGEST: Final = {"hex": 32, "base32": 26}
BASE: Final = {"hex": 16, "base32": 32}
UNIQUE_BITS: Final = 64  # below it, equal digests of different values are to be expected among a few billion


class Hash(KeyedMethod, tag="hash", frozen=True):
    """AES-CMAC of the value in hexadecimal or base32: mia@corp.example becomes 5f2c1d….

    length: characters, at most 32 or 26 (the default). A shorter column cuts it."""

    encoding: Literal["hex", "base32"] = "hex"
    length: Annotated[int, Meta(ge=1, le=32)] | None = None

    def __post_init__(self) -> None:
        if self.size > LONGEST[self.encoding]:
            raise ValueError(f"length: {self.encoding} has at most {LONGEST[self.encoding]} characters")

    @property
    def size(self) -> int:
        """Characters of a digest where the column does not cut it."""
        return LONGEST[self.encoding] if self.length is None else self.length

    def problem(self, column: Column) -> str:
        """Fits texts."""
        return text_problem("hash", column)

    def kernel(self, column: Column) -> Kernel:
        """The kernel with size and base."""
        return structs.replace(text_kernel("hash", column), size=self.size, base=BASE[self.encoding])

    def warning(self, column: Column) -> str:
        """Says where so little of the digest is left that two values may share it."""
        left = min(self.size, column.limit)
        bits = left * (4 if self.encoding == "hex" else 5)
        return "" if bits >= UNIQUE_BITS else f"hash: {left} characters are not enough to keep values apart"
