"""What the journal is told. The config room fills these in."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta


class Mode(Enum):
    """When a record is on disk. `strict` is a reserved name: opening entries before the server is asked."""

    DURABLE = "durable"  # before the first byte of its result goes to the client
    ASYNC = "async"  # within flush_ms
    OFF = "off"  # never; the counters go on


class AuditSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `audit` section. Sizes are bytes. key: a file with the 32 bytes of the chain key, raw, in hex or in base64;
    without it one is made on first start beside the directory (`audit` → `audit.key`)."""

    directory: Path = Path("audit")
    mode: Mode = Mode.DURABLE
    key: Path | None = None
    flush_ms: Annotated[int, Meta(ge=1, le=60_000)] = 100
    """The longest that an entry waits in memory when mode is async."""
    segment_bytes: Annotated[int, Meta(ge=4_096, le=1 << 30)] = 64 * 1024 * 1024
    """A segment is sealed when it would become larger than this."""
    buffer_bytes: Annotated[int, Meta(ge=65_536, le=1 << 30)] = 8 * 1024 * 1024
    """Entries that may wait in memory. One more is refused, never lost."""
    value_bytes: Annotated[int, Meta(ge=0, le=65_536)] = 256
    """A literal or parameter stored in clear is cut to this."""
    sql_bytes: Annotated[int, Meta(ge=64, le=1_048_576)] = 65_536
    """A statement's text is cut to this."""

    @property
    def key_path(self) -> Path:
        """Where the chain key is: as set, or beside the directory, so that a copy of the journal does not carry it."""
        return self.key or key_beside(self.directory)


def key_beside(directory: Path) -> Path:
    """Where the key of a journal is that no setting names."""
    whole = directory.absolute()
    return whole.with_name(whole.name + ".key")
