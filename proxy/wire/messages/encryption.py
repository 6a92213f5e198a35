"""SSLRequest and GSSENCRequest: a client asks, before anything else, whether the connection may be encrypted."""

import msgspec

from proxy.wire.constants import GSSENC_REQUEST_CODE, SSL_REQUEST_CODE
from proxy.wire.fields import Cursor, put_uint32
from proxy.wire.frame import pack_untyped


class SSLRequest(msgspec.Struct, frozen=True):
    """Asks for TLS; answered by one byte."""

    @classmethod
    def decode(cls, payload: bytes) -> "SSLRequest":
        """From what follows the length word. Raises ProtocolViolation."""
        _expect(payload, SSL_REQUEST_CODE, "SSLRequest")
        return cls()

    def encode(self) -> bytes:
        """The message with its length word."""
        return pack_untyped(put_uint32(SSL_REQUEST_CODE))


class GSSENCRequest(msgspec.Struct, frozen=True):
    """Asks for GSSAPI encryption; answered by one byte."""

    @classmethod
    def decode(cls, payload: bytes) -> "GSSENCRequest":
        """From what follows the length word. Raises ProtocolViolation."""
        _expect(payload, GSSENC_REQUEST_CODE, "GSSENCRequest")
        return cls()

    def encode(self) -> bytes:
        """The message with its length word."""
        return pack_untyped(put_uint32(GSSENC_REQUEST_CODE))


def _expect(payload: bytes, code: int, what: str) -> None:
    cursor = Cursor(payload, what)
    if cursor.uint32() != code:
        raise cursor.refuse("another request code")
    cursor.end()
