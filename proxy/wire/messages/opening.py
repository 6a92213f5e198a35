"""The untyped messages: which of them a client's first bytes are."""

from typing import TypeAlias

from proxy.errors import ProtocolViolation
from proxy.wire.constants import CANCEL_REQUEST_CODE, GSSENC_REQUEST_CODE, SSL_REQUEST_CODE
from proxy.wire.messages.cancel import CancelRequest
from proxy.wire.messages.encryption import GSSENCRequest, SSLRequest
from proxy.wire.messages.startup import StartupMessage

Opening: TypeAlias = StartupMessage | SSLRequest | GSSENCRequest | CancelRequest


def decode_opening(payload: bytes) -> Opening:
    """From what follows the length word. Raises ProtocolViolation."""
    if len(payload) < 4:
        raise ProtocolViolation("invalid length of startup packet")
    match int.from_bytes(payload[:4], "big"):
        case code if code == CANCEL_REQUEST_CODE:
            return CancelRequest.decode(payload)
        case code if code == SSL_REQUEST_CODE:
            return SSLRequest.decode(payload)
        case code if code == GSSENC_REQUEST_CODE:
            return GSSENCRequest.decode(payload)
        case _:
            return StartupMessage.decode(payload)
