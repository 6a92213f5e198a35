"""What the entrance is told: where to listen, where the server is, and every limit. The config room fills these in."""

from typing import Annotated

import msgspec
from msgspec import Meta

from proxy.wire.constants import MAX_LENGTH, MAX_PASSWORD_PAYLOAD, MAX_STARTUP_PAYLOAD

Port = Annotated[int, Meta(ge=0, le=65_535)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class ListenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where clients come in. port 0: the system picks a free one. share_port: several processes listen on it."""

    host: str = "127.0.0.1"
    port: Port = 6432
    backlog: Count = 512
    share_port: bool = False


class UpstreamSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the server is. socket: directory of its Unix socket, which then replaces host."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 5432
    socket: str | None = None
    connect_seconds: Seconds = 10.0

    @property
    def place(self) -> str:
        """For messages to people."""
        return f"{self.socket}/.s.PGSQL.{self.port}" if self.socket else f"{self.host}:{self.port}"


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every bound of the entrance and of a session. Sizes are bytes; message sizes do not count the header."""

    session_buffer: Annotated[int, Meta(ge=16_384)] = 262_144
    """Memory that one session may hold."""
    message: Annotated[int, Meta(ge=1_024, le=MAX_LENGTH)] = 64 * 1024 * 1024
    """Longest message that a rule may make us hold whole."""
    startup: Annotated[int, Meta(ge=64, le=MAX_STARTUP_PAYLOAD)] = MAX_STARTUP_PAYLOAD
    password: Annotated[int, Meta(ge=64, le=MAX_PASSWORD_PAYLOAD)] = MAX_PASSWORD_PAYLOAD
    """Longest message of either side, and all that may wait, until authentication is over."""
    login_seconds: Seconds = 60.0
    """One deadline from the accepted connection to ReadyForQuery."""
    max_connections: Count = 1_000
    max_unauthenticated: Count = 200
    """Connections that have not finished their login; one more ends the oldest of them."""
    cancel_seconds: Seconds = 10.0
    """How long a forwarded cancel request waits for the server."""
    drain_seconds: Seconds = 30.0
    """How long sessions may go on after the proxy was asked to stop."""
