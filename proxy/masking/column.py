"""A column as the masks see it: its SQL type, and what its modifier says (manual, "Data Types"; pg_type, typmod)."""

from typing import Final

import msgspec

from proxy.masking import oids
from proxy.masking.plan import LONGEST

NAME_BYTES: Final = 63
HEADER: Final = 4  # VARHDRSZ: what the modifiers of text and numeric types are too large by
EXTENSION_TEXTS: Final = frozenset({"citext"})
TEXTS: Final = frozenset({oids.TEXT, oids.VARCHAR, oids.BPCHAR, oids.NAME})
LENGTHS: Final = frozenset({oids.VARCHAR, oids.BPCHAR})


class Column(msgspec.Struct, frozen=True):
    """A result column. type_oid: of a domain its base type. labels: of an enum, in order. type_name: the name of a
    type that an extension brings, whose OID differs from database to database."""

    type_oid: int
    typmod: int = -1
    is_domain: bool = False
    labels: tuple[str, ...] = ()
    type_name: str = ""

    @property
    def is_text(self) -> bool:
        """Whether its values are plain character strings."""
        return self.type_oid in TEXTS or self.type_name in EXTENSION_TEXTS

    @property
    def limit(self) -> int:
        """Characters that a text may have."""
        if self.type_oid in LENGTHS and self.typmod > HEADER:
            return self.typmod - HEADER
        return NAME_BYTES if self.type_oid == oids.NAME else LONGEST

    @property
    def pad(self) -> int:
        """Characters that a character(n) is filled up to; 0 elsewhere."""
        return self.limit if self.type_oid == oids.BPCHAR and self.typmod > HEADER else 0

    @property
    def blank(self) -> bool:
        """Whether spaces at the end mean nothing."""
        return self.type_oid == oids.BPCHAR

    @property
    def precision(self) -> int:
        """Digits of a numeric; 0 where not stated."""
        return (self.typmod - HEADER) >> 16 & 0xFFFF if self.type_oid == oids.NUMERIC and self.typmod > HEADER else 0

    @property
    def scale(self) -> int:
        """Digits of a numeric behind the point; below 0 since PostgreSQL 15 (numeric.c, numeric_typmod_scale)."""
        return (((self.typmod - HEADER) & 0x7FF) ^ 1024) - 1024 if self.precision else 0

    @property
    def element(self) -> "Column | None":
        """The elements of an array as a column of their own; None where it is no array of PostgreSQL's own types."""
        oid = oids.ELEMENT_OF.get(self.type_oid)
        return None if oid is None else Column(oid, self.typmod)

    @property
    def display(self) -> str:
        """The type's name as the manual spells it, for messages."""
        if (element := self.element) is not None:
            return f"{element.display}[]"
        if self.type_oid in LENGTHS and self.typmod > HEADER:
            return f"{oids.NAMES[self.type_oid]}({self.limit})"
        if self.precision:
            return f"numeric({self.precision},{self.scale})"
        name = self.type_name or ("an enum" if self.labels else f"unknown (OID {self.type_oid})")
        return oids.NAMES.get(self.type_oid, name)
