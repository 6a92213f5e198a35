"""Entries of the journal, slow and obvious: hashlib, struct, a CRC bit by bit, and an execution read field by field."""

import hashlib
import re
import struct
from collections.abc import Iterator

MARK = 0xD5
POLYNOMIAL = 0x1EDC6F41  # CRC-32C as RFC 3720 prints it, most significant bit first


def crc32c(data: bytes) -> int:
    """By the book: reflect the bytes in, divide, reflect the remainder out."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= int(f"{byte:08b}"[::-1], 2) << 24
        for _ in range(8):
            remainder = (remainder << 1) ^ (POLYNOMIAL if remainder & 0x80000000 else 0)
            remainder &= 0xFFFFFFFF
    return int(f"{remainder ^ 0xFFFFFFFF:032b}"[::-1], 2)


def frame(key: bytes, previous: bytes, seq: int, kind: int, payload: bytes) -> bytes:
    """An entry behind the one whose hash is previous."""
    head = struct.pack("<BBHIQ", MARK, kind, 0, len(payload), seq)
    hash_ = hashlib.blake2b(previous + head + payload, key=key, digest_size=32).digest()
    return head + struct.pack("<I", crc32c(head + payload + hash_)) + payload + hash_


def frames(data: bytes, at: int) -> Iterator[tuple[int, int, int, int]]:
    """(kind, seq, start, end) of each whole entry from at on."""
    while len(data) - at >= 52:
        mark, kind, _, length, seq, crc = struct.unpack_from("<BBHIQI", data, at)
        end = at + 52 + length
        if mark != MARK or end > len(data) or crc32c(data[at : at + 16] + data[at + 20 : end]) != crc:
            return
        yield kind, seq, at, end
        at = end


def number(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last byte have the eighth."""
    digits = []
    while True:
        value, digit = divmod(value, 128)
        digits.append(digit)
        if not value:
            return bytes([*(digit + 128 for digit in digits[:-1]), digits[-1]])


def signed(value: int) -> bytes:
    """0, -1, 1, -2 … as 0, 1, 2, 3 …"""
    return number(2 * value if value >= 0 else -2 * value - 1)


def digest(key: bytes, kind: int, value: bytes) -> bytes:
    """Of a value: text by its meaning where that is plain, binary in a domain of its own."""
    meant = meaning(value.decode("latin-1")).encode("latin-1") if kind == 0 else value
    return hashlib.blake2b((b"\1" if kind == 2 else b"\0") + meant, key=key, digest_size=16).digest()


def meaning(literal: str) -> str:
    """What a literal says: 'it''s', E'it''s', $$it's$$ and $tag$it's$tag$ all say it's."""
    if match := re.fullmatch(r"'(.*)'", literal, re.DOTALL) or re.fullmatch(r"[eE]'([^\\]*)'", literal):
        return match.group(1).replace("''", "'")
    if match := re.fullmatch(r"(\$[^$]*\$)(.*)\1", literal, re.DOTALL):
        return match.group(2)
    return literal


def execution(
    fields: dict[str, int], sqlstate: bytes, values: list[tuple[int, int, bytes | None, int]], omitted: int
) -> bytes:
    """The payload of an execution; a value is (kind, form, stored bytes, length)."""
    flags = fields["part"] + 4 * fields["outcome"] + 32 * fields["values_as"] + (128 if sqlstate else 0)
    out = bytes([flags, fields["transaction"]])
    out += b"".join(number(fields[name]) for name in ("session", "statement", "serial"))
    out += b"".join(signed(fields[name]) for name in ("started_us", "duration_us", "rows", "size_bytes"))
    out += sqlstate + number(len(values)) + number(omitted)
    for kind, form, data, length in values:
        stored = data or b""
        middle = {0: b"", 1: number(len(stored)), 2: number(length) + number(len(stored)), 3: b""}[form]
        out += bytes([kind + 4 * form]) + middle + stored
    return out


def stored(
    key: bytes, values_as: int, value_bytes: int, value: bytes | None, kind: int
) -> tuple[int, int, bytes | None, int]:
    """How a value is kept: clear up to value_bytes, else as its digest."""
    if value is None:
        return kind, 0, None, 0
    if values_as != 1:
        return kind, 3, digest(key, kind, value), 16
    return kind, 1 if len(value) <= value_bytes else 2, value[:value_bytes], len(value)
