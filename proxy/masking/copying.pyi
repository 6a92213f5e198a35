from collections.abc import Sequence

from proxy.masking.rows import RowMask

TEXT: int
CSV: int
BINARY: int

class CopyMask:
    """The masks of one COPY TO STDOUT. positions: for each column of the stream its column of mask. form: TEXT, CSV or
    BINARY; header: the first line holds names; force: FORCE_QUOTE was said; delimiter, quote, escape: one byte each;
    null: how NULL is written. Raises ValueError: a position outside the mask, a delimiter that is no single byte."""

    mask: RowMask
    positions: tuple[int, ...]
    def __init__(
        self,
        mask: RowMask,
        positions: Sequence[int],
        *,
        form: int = 0,
        header: bool = False,
        force: bool = False,
        delimiter: bytes = b"\t",
        quote: bytes = b'"',
        escape: bytes = b'"',
        null: bytes = b"\\N",
    ) -> None: ...
    def apply(self, chunks: Sequence[bytes], most: int = 1 << 26) -> list[bytes]:
        """What becomes of each piece of a whole stream. most: bytes that a row may have before its end has come.
        Raises ValueError: it does not read as the options say; MemoryError."""
