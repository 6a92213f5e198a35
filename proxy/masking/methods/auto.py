"""auto: a valid value of the column's type, keyed where the type has room."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import structs

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.method import KeyedMethod, text_kernel
from proxy.masking.plan import CONSTANT, Kernel

TOKEN: Final = 16  # characters of a keyed text
ANY_FIELDS: Final = 0x7FFF  # INTERVAL_FULL_RANGE: no fields are named in the type

KERNELS: Final[Mapping[int, Kernel]] = MappingProxyType(
    {
        oids.CHAR: Kernel("letter"),
        oids.INT2: Kernel("integer", width=2),
        oids.INT4: Kernel("integer", width=4),
        oids.INT8: Kernel("integer", width=8),
        oids.NUMERIC: Kernel("numeric"),
        oids.FLOAT4: Kernel("float", width=4),
        oids.FLOAT8: Kernel("float", width=8),
        oids.MONEY: Kernel("money"),
        oids.DATE: Kernel("date"),
        oids.TIME: Kernel("time"),
        oids.TIMETZ: Kernel("timetz"),
        oids.TIMESTAMP: Kernel("timestamp"),
        oids.TIMESTAMPTZ: Kernel("timestamptz"),
        oids.INTERVAL: Kernel("interval"),
        oids.UUID: Kernel("uuid"),
        oids.BYTEA: Kernel("bytea"),
        oids.JSON: Kernel("json"),
        oids.JSONB: Kernel("jsonb"),
        oids.INET: Kernel("inet"),
        oids.CIDR: Kernel("cidr"),
        oids.MACADDR: Kernel("macaddr", width=6),
        oids.MACADDR8: Kernel("macaddr", width=8),
    }
)


class Auto(KeyedMethod, tag="auto", frozen=True):
    """Chooses by SQL type: a text becomes 16 keyed characters, a number, date, address or UUID a keyed one.

    In json the keys, members and types survive. A boolean, an enum and other types without room get the constant of
    `redact`, a domain NULL. Arrays are masked element by element."""

    def problem(self, column: Column) -> str:
        """Fits every type."""
        return ""

    def kernel(self, column: Column) -> Kernel:
        """The kernel of the type."""
        if column.is_domain or (column.type_oid == oids.INTERVAL and names_fields(column)):
            return CONSTANT
        if column.is_text:
            return text_kernel("text", column)
        if column.element is not None:
            return Kernel("array", element_oid=column.element.type_oid)
        kernel = KERNELS.get(column.type_oid, CONSTANT)
        return structs.replace(kernel, precision=column.precision, scale=column.scale) if column.precision else kernel

    def warning(self, column: Column) -> str:
        """Says where the column is too short to keep values apart."""
        if column.is_text and column.limit < TOKEN:
            return f"auto: {column.limit} characters are not enough to keep values apart"
        return ""


def names_fields(column: Column) -> bool:
    """Whether the type is interval with fields, such as interval year to month (timestamp.h, INTERVAL_TYPMOD)."""
    return column.typmod >= 0 and column.typmod >> 16 & ANY_FIELDS != ANY_FIELDS
