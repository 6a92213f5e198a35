"""The typed constants of `redact`: one valid value for each type, always the same, so that it tells nothing.

Texts and binary forms are those of each type's output and send functions (src/backend/utils/adt)."""

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.plan import NOTHING, Constants

WORD: Final = b"redacted"
VERSION_1: Final = b"\x01"
EMPTY_RANGE: Final = b"\x01"  # RANGE_EMPTY
ONE_OPERAND: Final = b"\x00\x00\x00\x01\x01\x00\x00"  # of a tsquery: one item, a QI_VAL, no weight, no prefix
HOST4: Final = b"\x02\x20\x00\x04\x00\x00\x00\x00"  # PGSQL_AF_INET, 32 bits, no cidr, 4 bytes

_FIXED: Final[Mapping[int, Constants]] = MappingProxyType(
    {
        oids.BOOL: (b"f", b"\x00"),
        oids.BYTEA: (b"\\x", b""),
        oids.CHAR: (b"x", b"x"),
        oids.INT8: (b"0", bytes(8)),
        oids.INT2: (b"0", bytes(2)),
        oids.INT4: (b"0", bytes(4)),
        oids.OID: (b"0", bytes(4)),
        oids.TID: (b"(0,0)", bytes(6)),
        oids.XID: (b"0", bytes(4)),
        oids.CID: (b"0", bytes(4)),
        oids.XID8: (b"0", bytes(8)),
        oids.JSON: (b"{}", b"{}"),
        oids.JSONB: (b"{}", VERSION_1 + b"{}"),
        oids.JSONPATH: (b"$", VERSION_1 + b"$"),
        oids.XML: (b"<redacted/>", b"<redacted/>"),
        oids.POINT: (b"(0,0)", bytes(16)),
        oids.LSEG: (b"[(0,0),(0,0)]", bytes(32)),
        oids.BOX: (b"(0,0),(0,0)", bytes(32)),
        oids.PATH: (b"((0,0))", b"\x01" + struct.pack("!i", 1) + bytes(16)),
        oids.POLYGON: (b"((0,0))", struct.pack("!i", 1) + bytes(16)),
        oids.LINE: (b"{1,0,0}", struct.pack("!ddd", 1, 0, 0)),
        oids.CIRCLE: (b"<(0,0),0>", bytes(24)),
        oids.FLOAT4: (b"0", bytes(4)),
        oids.FLOAT8: (b"0", bytes(8)),
        oids.MONEY: (b"0", bytes(8)),
        oids.CIDR: (b"0.0.0.0/32", b"\x02\x20\x01\x04" + bytes(4)),
        oids.INET: (b"0.0.0.0", HOST4),
        oids.MACADDR: (b"00:00:00:00:00:00", bytes(6)),
        oids.MACADDR8: (b"00:00:00:00:00:00:00:00", bytes(8)),
        oids.DATE: (b"2000-01-01", bytes(4)),
        oids.TIME: (b"00:00:00", bytes(8)),
        oids.TIMETZ: (b"00:00:00+00", bytes(12)),
        oids.TIMESTAMP: (b"2000-01-01 00:00:00", bytes(8)),
        oids.TIMESTAMPTZ: (b"2000-01-01 00:00:00+00", bytes(8)),
        oids.INTERVAL: (b"00:00:00", bytes(16)),
        oids.UUID: (b"00000000-0000-0000-0000-000000000000", bytes(16)),
        oids.PG_LSN: (b"0/0", bytes(8)),
        oids.TXID_SNAPSHOT: (b"1:1:", struct.pack("!iqq", 0, 1, 1)),
        oids.PG_SNAPSHOT: (b"1:1:", struct.pack("!iqq", 0, 1, 1)),
        oids.TSVECTOR: (b"", bytes(4)),
        oids.TSQUERY: (b"'redacted'", ONE_OPERAND + WORD + b"\x00"),
        oids.VARBIT: (b"", bytes(4)),
        oids.REFCURSOR: (WORD, WORD),
        **dict.fromkeys(
            [
                oids.REGPROC,
                oids.REGPROCEDURE,
                oids.REGOPER,
                oids.REGOPERATOR,
                oids.REGCLASS,
                oids.REGCOLLATION,
                oids.REGTYPE,
                oids.REGROLE,
                oids.REGNAMESPACE,
                oids.REGCONFIG,
                oids.REGDICTIONARY,
            ],
            (b"-", bytes(4)),
        ),
        **dict.fromkeys(oids.RANGES, (b"empty", EMPTY_RANGE)),
        **dict.fromkeys(oids.MULTIRANGES, (b"{}", bytes(4))),
    }
)


def redacted(column: Column) -> Constants:
    """The constant of a column's type as text and in binary; NULL for a domain, whose CHECK nobody has proven, and
    for a type that nobody knows."""
    if column.is_domain:
        return NOTHING
    if column.is_text:
        text = WORD[: column.limit].ljust(column.pad)
        return text, text
    if column.element is not None:
        return b"{}", struct.pack("!iiI", 0, 0, column.element.type_oid)
    if column.type_oid == oids.NUMERIC:
        scale = max(column.scale, 0)
        return f"{0:.{scale}f}".encode(), struct.pack("!HhHH", 0, 0, 0, scale)
    if column.type_oid == oids.BIT:
        bits = max(column.typmod, 1)
        return b"0" * bits, struct.pack("!i", bits) + bytes((bits + 7) // 8)
    if column.labels:
        label = column.labels[0].encode()
        return label, label
    return _FIXED.get(column.type_oid, NOTHING)
