"""Columns of every type as the masking tests see them, and how a mask is made and asked."""

import struct
from collections.abc import Sequence

from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.keys import Keys
from proxy.masking.method import Method
from proxy.masking.rows import RowMask

KEYS = Keys({1: bytes(range(32)), 2: bytes(range(100, 132))}, 1)
LABEL = "person"
TEXT, BINARY = 0, 1


def row_mask(method: Method, column: Column) -> RowMask:
    """The mask of a result with this one column."""
    return RowMask([compile_mask(method, column, KEYS, LABEL)])


def masked(method: Method, column: Column, value: bytes | None, format_: int = TEXT) -> bytes | None:
    """One masked value; None is NULL."""
    return row_mask(method, column).value(0, format_, value)


def data_row(values: Sequence[bytes | None]) -> bytes:
    """The payload of a DataRow (manual, "Message Formats")."""
    cells = [struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in values]
    return struct.pack("!h", len(values)) + b"".join(cells)


def frame(payload: bytes) -> bytes:
    """The whole DataRow."""
    return b"D" + struct.pack("!i", len(payload) + 4) + payload
