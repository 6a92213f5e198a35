"""StartupMessage: who wants a session, with what settings, in which version of the protocol."""

import msgspec

from proxy.wire.constants import PROTOCOL_MAJOR
from proxy.wire.fields import Cursor, put_string, put_uint16
from proxy.wire.frame import pack_untyped


class StartupMessage(msgspec.Struct, frozen=True):
    """The first message of a session. parameters: names and values in the order sent; no encoding is known yet."""

    minor: int
    parameters: tuple[tuple[bytes, bytes], ...] = ()

    @classmethod
    def decode(cls, payload: bytes) -> "StartupMessage":
        """From what follows the length word. Raises ProtocolViolation."""
        cursor = Cursor(payload, "StartupMessage")
        if (major := cursor.uint16()) != PROTOCOL_MAJOR:
            raise cursor.refuse(f"protocol {major} is not 3")
        minor, parameters = cursor.uint16(), []
        while name := cursor.string():
            parameters.append((name, cursor.string()))
        cursor.end()
        return cls(minor, tuple(parameters))

    def encode(self) -> bytes:
        """The message with its length word."""
        pairs = (put_string(name) + put_string(value) for name, value in self.parameters)
        version = put_uint16(PROTOCOL_MAJOR) + put_uint16(self.minor)
        return pack_untyped(version + b"".join(pairs) + b"\0")
