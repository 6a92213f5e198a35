"""What a StartupMessage says, read so that we and the server cannot understand two different names."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from proxy.errors import LoginRefused, NotSupported, ProtocolViolation
from proxy.wire.constants import (
    EXTENSION_PREFIX,
    MAX_NAME_BYTES,
    PROTOCOL_MAJOR,
    PROTOCOL_NEWEST_MINOR,
    SSL_REQUEST_CODE,
)
from proxy.wire.messages.startup import StartupMessage

_FALSE: Final = frozenset({"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"})
"""What the server reads as false (bool.c, parse_bool)."""
_VERSION: Final = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")


class Startup(msgspec.Struct, frozen=True, kw_only=True):
    """The startup as facts. user, database: as the server will read them."""

    user: bytes
    database: bytes
    parameters: dict[str, str]
    options: str
    replication: bool
    extensions: frozenset[bytes]
    """The `_pq_.` parameters."""


def check_major(payload: bytes) -> None:
    """Raises NotSupported where an opening is neither protocol 3 nor a request with a code of its own."""
    major, minor = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")
    if major not in (PROTOCOL_MAJOR, SSL_REQUEST_CODE >> 16):
        newest = f"{PROTOCOL_MAJOR}.{PROTOCOL_NEWEST_MINOR}"
        raise NotSupported(f"unsupported frontend protocol {major}.{minor}: server supports 3.0 to {newest}")


def read_startup(message: StartupMessage) -> Startup:
    """Raises ProtocolViolation for a parameter that comes twice, LoginRefused for a user that is missing or a name that
    the server would cut (postmaster.c, ProcessStartupPacket)."""
    raw = dict(message.parameters)
    if len(raw) != len(message.parameters):
        raise ProtocolViolation("a startup parameter comes twice")
    if not (user := raw.get(b"user", b"")):
        raise LoginRefused("no PostgreSQL user name specified in startup packet")
    database = raw.get(b"database", b"") or user
    if max(len(user), len(database)) > MAX_NAME_BYTES:
        raise LoginRefused(f"a user or database name is longer than {MAX_NAME_BYTES} bytes", hint="Use the whole name.")
    parameters = {text(name): text(value) for name, value in raw.items()}
    return Startup(
        user=user,
        database=database,
        parameters=parameters,
        options=parameters.get("options", ""),
        replication=parameters.get("replication", "false").lower() not in _FALSE,
        extensions=frozenset(name for name in raw if name.startswith(EXTENSION_PREFIX)),
    )


def identifier(name: bytes) -> str:
    """A user's or database's name as text. Raises LoginRefused: a name that is not UTF-8 could be taken for another."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise LoginRefused("a user or database name is not valid UTF-8") from None


def text(value: bytes) -> str:
    """For people and records: what is not UTF-8 shows as escapes."""
    return value.decode("utf-8", "backslashreplace")


def mechanisms_left(offered: Iterable[bytes], relayed: Iterable[bytes]) -> tuple[bytes, ...]:
    """The offered mechanisms that can be relayed, in the server's order."""
    known = frozenset(relayed)
    return tuple(name for name in offered if name in known)


def version_number(server_version: str) -> int:
    """server_version_num of a server_version: "15.14 (Debian …)" is 150014, "18beta1" 180000; 0 where it is neither."""
    if (found := _VERSION.match(server_version)) is None:
        return 0
    major, second, third = (int(part or 0) for part in found.groups())
    return major * 10_000 + (second if major >= 10 else second * 100 + third)
