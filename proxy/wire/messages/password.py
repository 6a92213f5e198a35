"""What a client answers to an authentication request. One type byte for all: the request tells them apart."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ClientType
from proxy.wire.fields import Cursor, put_string, put_value
from proxy.wire.frame import pack


class PasswordMessage(msgspec.Struct, frozen=True):
    """The password, in clear or hashed as asked. It never shows in a repr."""

    type: ClassVar[ClientType] = ClientType.PASSWORD
    password: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "PasswordMessage":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "PasswordMessage")
        password = cursor.string()
        cursor.end()
        return cls(password)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_string(self.password))

    def __repr__(self) -> str:
        return "PasswordMessage()"


class SASLInitialResponse(msgspec.Struct, frozen=True):
    """Chooses a mechanism. response: None where there is none (length -1)."""

    type: ClassVar[ClientType] = ClientType.PASSWORD
    mechanism: bytes
    response: bytes | None

    @classmethod
    def decode(cls, payload: bytes) -> "SASLInitialResponse":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "SASLInitialResponse")
        mechanism, response = cursor.string(), cursor.value()
        cursor.end()
        return cls(mechanism, response)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_string(self.mechanism) + put_value(self.response))

    def __repr__(self) -> str:
        return f"SASLInitialResponse({self.mechanism!r})"


class SASLResponse(msgspec.Struct, frozen=True):
    """The next step of the mechanism's exchange; GSSResponse has the same shape."""

    type: ClassVar[ClientType] = ClientType.PASSWORD
    data: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "SASLResponse":
        """From a payload."""
        return cls(payload)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, self.data)

    def __repr__(self) -> str:
        return "SASLResponse()"
