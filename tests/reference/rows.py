"""A DataRow taken apart, masked value by value, and put together again."""

import io
import struct
from collections.abc import Callable, Sequence

Mask = Callable[[bytes], bytes | None]


def cells(payload: bytes) -> list[bytes | None]:
    """The values of a DataRow. Raises ValueError: it is none."""
    source = io.BytesIO(payload)
    values = [_cell(source) for _ in range(*struct.unpack("!H", _exactly(source, 2)))]
    if source.read(1):
        raise ValueError("something stands behind the last value")
    return values


def masked_row(payload: bytes, masks: Sequence[Mask | None]) -> bytes:
    """The whole masked frame. Raises ValueError: the row does not fit the masks."""
    values = cells(payload)
    if len(values) != len(masks):
        raise ValueError("another number of columns")
    after = [value if mask is None or value is None else mask(value) for value, mask in zip(values, masks, strict=True)]
    body = struct.pack("!H", len(after)) + b"".join(_packed(value) for value in after)
    return b"D" + struct.pack("!i", len(body) + 4) + body


def _exactly(source: io.BytesIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise ValueError("the row is cut")
    return data


def _cell(source: io.BytesIO) -> bytes | None:
    [size] = struct.unpack("!i", _exactly(source, 4))
    if size < -1:
        raise ValueError("a negative length")
    return None if size == -1 else _exactly(source, size)


def _packed(value: bytes | None) -> bytes:
    return struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
