"""CancelRequest: on a connection of its own, asks the server to stop what another session runs."""

import msgspec

from proxy.errors import ProtocolViolation
from proxy.wire.constants import CANCEL_REQUEST_CODE, MAX_KEY_BYTES, MIN_KEY_BYTES
from proxy.wire.fields import Cursor, put_int32, put_uint32
from proxy.wire.frame import pack_untyped


class CancelRequest(msgspec.Struct, frozen=True):
    """Names a backend and proves the right to it. key: 4 bytes in protocol 3.0, up to 256 in 3.2."""

    pid: int
    key: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "CancelRequest":
        """From what follows the length word. Raises ProtocolViolation."""
        cursor = Cursor(payload, "CancelRequest")
        if cursor.uint32() != CANCEL_REQUEST_CODE:
            raise cursor.refuse("another request code")
        return cls(cursor.int32(), check_key(cursor.rest()))

    def encode(self) -> bytes:
        """The message with its length word."""
        return pack_untyped(put_uint32(CANCEL_REQUEST_CODE) + put_int32(self.pid) + check_key(self.key))

    def __repr__(self) -> str:
        return f"CancelRequest(pid={self.pid})"


def check_key(key: bytes) -> bytes:
    """key, if a cancel key may be that long. Raises ProtocolViolation."""
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ProtocolViolation(f"a cancel key of {len(key)} bytes")
    return key
