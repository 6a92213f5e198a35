from collections.abc import Iterable

from proxy.masking.kernels import ColumnMask

class RowMask:
    """The masks of one result. masks: one for each column, None where the column passes."""

    def __init__(self, masks: Iterable[ColumnMask | None]) -> None: ...
    @property
    def columns(self) -> int:
        """How many columns the rows have."""

    @property
    def masked(self) -> int:
        """How many columns have a mask."""

    def apply(self, row: bytes, formats: bytes) -> bytes:
        """The masked frame of a DataRow's payload. formats: one byte a column, 0 text, 1 binary.
        Raises ValueError: the row does not fit the masks; MemoryError."""

    def apply_frames(self, frames: bytes, formats: bytes) -> bytes:
        """The masked frames of whole DataRows that stand one behind the other. formats: as for apply.
        Raises ValueError: a frame is no DataRow, is cut, or does not fit the masks; MemoryError."""

    def value(self, column: int, format: int, value: bytes | None) -> bytes | None:
        """One masked value; None is NULL. Raises MemoryError."""
