"""Constants that say which part of a document is meant, out of a tree's datums: text, text[], int4, jsonb, jsonpath.

A datum is as the server holds it in memory (postgres.h, varatt.h): little-endian, as on every machine that a tree of
this proxy's servers comes from; what does not fit that layout to the last byte is not read. Functions give None for it.
"""

import struct
from collections.abc import Iterator
from typing import Final

from proxy.analysis.tree import Node

INT4: Final = 23  # pg_type.dat
TEXT: Final = 25
TEXT_ARRAY: Final = 1009
JSONB: Final = 3802
JSONPATH: Final = 4072
WORD: Final = 4
ARRAY_HEADER: Final = 24  # array.h: length, ndim, dataoffset, elemtype, one dimension, its lower bound
DEEPEST: Final = 32
OBJECT, ARRAY, COUNT = 0x20000000, 0x40000000, 0x0FFFFFFF  # jsonb.h, JsonbContainer.header
HAS_END, KIND, CONTAINER = 0x80000000, 0x70000000, 0x50000000  # jsonb.h, JEntry
ANY_ARRAY, KEY, ROOT = 21, 25, 27  # jsonpath.h, JsonPathItemType: on disk since 12, so they never change
JSONPATH_VERSION: Final = 1


def integer(node: Node) -> int | None:
    """An int4."""
    data = _datum(node, INT4)
    return struct.unpack_from("<i", data)[0] if data is not None and len(data) == 2 * WORD else None


def word(node: Node, encoding: str) -> str | None:
    """A text."""
    data = _varlena(node, TEXT)
    return None if data is None else _text(data, encoding)


def words(node: Node, encoding: str) -> tuple[str, ...] | None:
    """A text[] of one dimension without NULLs, or none at all."""
    data = _varlena(node, TEXT_ARRAY)
    if data is None or len(data) < 3 * WORD:
        return None
    dimensions, offset, element = struct.unpack_from("<iiI", data)
    if offset != 0 or element != TEXT or dimensions not in (0, 1):
        return None
    if dimensions == 0:
        return () if len(data) == 3 * WORD else None
    if len(data) < ARRAY_HEADER - WORD:
        return None
    return _elements(data[ARRAY_HEADER - WORD :], struct.unpack_from("<i", data, 3 * WORD)[0], encoding)


def _elements(data: bytes, count: int, encoding: str) -> tuple[str, ...] | None:
    found: list[str] = []
    at = 0
    while at < len(data):
        if len(data) - at < WORD:
            return None
        header = struct.unpack_from("<I", data, at)[0]
        end = at + (header >> 2)
        if header & 3 or end < at + WORD or end > len(data):
            return None
        text = _text(data[at + WORD : end], encoding)
        if text is None:
            return None
        found.append(text)
        at = _aligned(end)
    return tuple(found) if len(found) == count else None


def members(node: Node) -> tuple[str, ...] | None:
    """The keys of a jsonpath that is nothing but $, .key and [*]; array members count as their array."""
    data = _varlena(node, JSONPATH)
    if data is None or len(data) < 2 * WORD:
        return None
    if struct.unpack_from("<I", data)[0] & 0x7FFFFFFF != JSONPATH_VERSION:  # the highest bit says lax
        return None
    try:
        return tuple(_items(data[WORD:]))
    except (ValueError, struct.error):
        return None


def _items(data: bytes) -> Iterator[str]:
    """jsonpath.c, jspInitByBuffer: a type, then, aligned, the distance to the next item, then what the type holds."""
    at, first = 0, True
    while True:
        kind, after = data[at], _aligned(at + 1)
        following = struct.unpack_from("<i", data, after)[0]
        if (kind == ROOT) != first or kind not in (ROOT, KEY, ANY_ARRAY) or following < 0:
            raise ValueError("jsonpath: more than members")
        if kind == KEY:
            length = struct.unpack_from("<i", data, after + WORD)[0]
            name = data[after + 2 * WORD : after + 2 * WORD + length]
            if length < 0 or len(name) != length:
                raise ValueError("jsonpath: cut")
            yield name.decode("ascii")  # the server's encoding is not known here
        if following == 0:
            return
        at, first = at + following, False
        if at >= len(data):
            raise ValueError("jsonpath: cut")


def contained(node: Node, encoding: str) -> tuple[tuple[str, ...], ...] | None:
    """The way to each value that a jsonb holds, itself first, as keys: what is compared where it is looked for."""
    data = _varlena(node, JSONB)
    if data is None:
        return None
    try:
        return tuple(dict.fromkeys(_places(data, (), encoding)))
    except (ValueError, struct.error):
        return None


def _places(data: bytes, keys: tuple[str, ...], encoding: str) -> Iterator[tuple[str, ...]]:
    """jsonb.h: a header, an entry for each key and value or member, then what they hold."""
    yield keys
    if len(keys) > DEEPEST:
        raise ValueError("jsonb: too deep")
    header = struct.unpack_from("<I", data)[0]
    count = header & COUNT
    if not header & (OBJECT | ARRAY):
        raise ValueError("jsonb: no container")
    parts = list(_parts(data, 2 * count if header & OBJECT else count))
    names = [_key(part, encoding) for part in parts[:count]] if header & OBJECT else [None] * count
    for name, (kind, part) in zip(names, parts[-count:] if count else (), strict=True):
        inside = keys if name is None else (*keys, name)
        if kind == CONTAINER:
            yield from _places(part, inside, encoding)
        else:
            yield inside


def _key(part: tuple[int, bytes], encoding: str) -> str:
    name = _text(part[1], encoding)
    if part[0] != 0 or name is None:
        raise ValueError("jsonb: no key")
    return name


def _parts(data: bytes, count: int) -> Iterator[tuple[int, bytes]]:
    """Each entry's kind and bytes."""
    start = WORD + WORD * count
    end = 0
    for entry in struct.unpack_from(f"<{count}I", data, WORD):
        before, size = end, entry & COUNT
        end = size if entry & HAS_END else before + size
        at = _aligned(before) if entry & KIND == CONTAINER else before
        if not before <= end <= len(data) - start:
            raise ValueError("jsonb: cut")
        yield entry & KIND, data[start + at : start + end]


def _datum(node: Node, type_oid: int) -> bytes | None:
    """A constant's bytes, where it is one of that type and not NULL."""
    if node.name != "CONST" or node.fields.get("consttype") != type_oid or node.fields.get("constisnull") != "false":
        return None
    value = node.fields.get("constvalue")
    return value if isinstance(value, bytes) else None


def _varlena(node: Node, type_oid: int) -> bytes | None:
    """What is behind the header of a datum that is neither compressed nor stored elsewhere."""
    data = _datum(node, type_oid)
    if data is None or not data:
        return None
    if data[0] & 1:  # one byte; 1 alone points to what is stored elsewhere
        return data[1:] if data[0] != 1 and data[0] >> 1 == len(data) else None
    if len(data) < WORD or data[0] & 3 or struct.unpack_from("<I", data)[0] >> 2 != len(data):
        return None
    return data[WORD:]


def _text(data: bytes, encoding: str) -> str | None:
    """A text of the server; outside ASCII only where its encoding is UTF-8."""
    try:
        return data.decode("utf-8" if encoding.upper() == "UTF8" else "ascii")
    except UnicodeDecodeError:
        return None


def _aligned(at: int) -> int:
    """The next multiple of four."""
    return at + WORD - 1 & -WORD
