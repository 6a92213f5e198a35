"""Authentication*: what the server asks of the client before it lets it in."""

from collections.abc import Mapping
from typing import ClassVar, Final, TypeAlias

import msgspec

from proxy.errors import ProtocolViolation
from proxy.wire.constants import AuthenticationCode, ServerType
from proxy.wire.fields import Cursor, put_int32, put_string
from proxy.wire.frame import pack

_SALT_BYTES = 4


class AuthenticationOk(msgspec.Struct, frozen=True):
    """The client is who it says."""

    code: ClassVar[AuthenticationCode] = AuthenticationCode.OK

    def body(self) -> bytes:
        """What follows the code."""
        return b""

    def encode(self) -> bytes:
        """The whole frame."""
        return _pack(self)


class AuthenticationCleartextPassword(msgspec.Struct, frozen=True):
    """Asks for the password as it is."""

    code: ClassVar[AuthenticationCode] = AuthenticationCode.CLEARTEXT_PASSWORD

    def body(self) -> bytes:
        """What follows the code."""
        return b""

    def encode(self) -> bytes:
        """The whole frame."""
        return _pack(self)


class AuthenticationMD5Password(msgspec.Struct, frozen=True):
    """Asks for the password hashed with user name and salt (4 bytes)."""

    code: ClassVar[AuthenticationCode] = AuthenticationCode.MD5_PASSWORD
    salt: bytes

    def body(self) -> bytes:
        """What follows the code."""
        if len(self.salt) != _SALT_BYTES:
            raise ProtocolViolation("AuthenticationMD5Password: a salt has four bytes")
        return self.salt

    def encode(self) -> bytes:
        """The whole frame."""
        return _pack(self)


class AuthenticationSASL(msgspec.Struct, frozen=True):
    """Offers SASL mechanisms, the preferred one first."""

    code: ClassVar[AuthenticationCode] = AuthenticationCode.SASL
    mechanisms: tuple[bytes, ...]

    def body(self) -> bytes:
        """What follows the code."""
        if not all(self.mechanisms):  # an empty name would end the list
            raise ProtocolViolation("AuthenticationSASL: a mechanism without a name")
        return b"".join(put_string(name) for name in self.mechanisms) + b"\0"

    def encode(self) -> bytes:
        """The whole frame."""
        return _pack(self)


class AuthenticationData(msgspec.Struct, frozen=True):
    """Any other request: AuthenticationSASLContinue, …SASLFinal, …GSS, …GSSContinue, …SSPI, …KerberosV5, ….
    data: what follows the code, empty for those that carry none."""

    code: AuthenticationCode
    data: bytes = b""

    def body(self) -> bytes:
        """What follows the code."""
        return self.data

    def encode(self) -> bytes:
        """The whole frame."""
        return _pack(self)

    def __repr__(self) -> str:
        return f"AuthenticationData({self.code.name})"


Authentication: TypeAlias = (
    AuthenticationOk
    | AuthenticationCleartextPassword
    | AuthenticationMD5Password
    | AuthenticationSASL
    | AuthenticationData
)

CARRIES_DATA: Final[Mapping[AuthenticationCode, str]] = {
    AuthenticationCode.SASL_CONTINUE: "AuthenticationSASLContinue",
    AuthenticationCode.SASL_FINAL: "AuthenticationSASLFinal",
    AuthenticationCode.GSS_CONTINUE: "AuthenticationGSSContinue",
}


def decode_authentication(payload: bytes) -> Authentication:
    """From a payload. Raises ProtocolViolation, at an unknown code too."""
    cursor = Cursor(payload, "Authentication")
    if (number := cursor.int32()) not in AuthenticationCode.__members__.values():
        raise cursor.refuse(f"unknown request {number}")
    request = _read(AuthenticationCode(number), cursor)
    cursor.end()
    return request


def _read(code: AuthenticationCode, cursor: Cursor) -> Authentication:
    match code:
        case AuthenticationCode.OK:
            return AuthenticationOk()
        case AuthenticationCode.CLEARTEXT_PASSWORD:
            return AuthenticationCleartextPassword()
        case AuthenticationCode.MD5_PASSWORD:
            return AuthenticationMD5Password(cursor.take(_SALT_BYTES))
        case AuthenticationCode.SASL:
            mechanisms = []
            while name := cursor.string():
                mechanisms.append(name)
            return AuthenticationSASL(tuple(mechanisms))
        case _:
            return AuthenticationData(code, cursor.rest() if code in CARRIES_DATA else b"")


def _pack(request: Authentication) -> bytes:
    return pack(ServerType.AUTHENTICATION, put_int32(request.code) + request.body())
