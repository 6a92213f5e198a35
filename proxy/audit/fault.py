"""What can be wrong with a journal."""

from enum import Enum

import msgspec


class FaultKind(Enum):
    """What was done to the place, as far as it shows."""

    DAMAGED = "damaged"  # a checksum does not hold: a flipped bit, an overwritten block
    ALTERED = "altered"  # the checksum was mended, the chain was not
    INSERTED = "inserted"  # an entry that the chain does not know, or a copy of one
    REMOVED = "removed"  # entries or segments are missing
    REORDERED = "reordered"  # entries stand in another order
    TRUNCATED = "truncated"  # the end of a segment is missing
    REPLACED = "replaced"  # a segment of another place, time or journal


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. segment: the file, from its worker's folder on; entry: number in the chain, None where it is the
    segment's head or a file; byte: offset in the file."""

    segment: str
    entry: int | None
    byte: int
    kind: FaultKind
    detail: str
