"""What the server tells of the session: BackendKeyData, ParameterStatus, ReadyForQuery, NotificationResponse."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ServerType, TransactionStatus
from proxy.wire.fields import Cursor, put_int32, put_string
from proxy.wire.frame import pack
from proxy.wire.messages.cancel import check_key


class BackendKeyData(msgspec.Struct, frozen=True):
    """What a later CancelRequest must hold. key: 4 bytes in protocol 3.0, up to 256 in 3.2; never in a repr."""

    type: ClassVar[ServerType] = ServerType.BACKEND_KEY_DATA
    pid: int
    key: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "BackendKeyData":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "BackendKeyData")
        return cls(cursor.int32(), check_key(cursor.rest()))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_int32(self.pid) + check_key(self.key))

    def __repr__(self) -> str:
        return f"BackendKeyData(pid={self.pid})"


class ParameterStatus(msgspec.Struct, frozen=True):
    """A setting that the server reports, at start and whenever it changes."""

    type: ClassVar[ServerType] = ServerType.PARAMETER_STATUS
    name: bytes
    value: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "ParameterStatus":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "ParameterStatus")
        name, value = cursor.string(), cursor.string()
        cursor.end()
        return cls(name, value)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_string(self.name) + put_string(self.value))


class ReadyForQuery(msgspec.Struct, frozen=True):
    """The server waits for the next command."""

    type: ClassVar[ServerType] = ServerType.READY_FOR_QUERY
    status: TransactionStatus

    @classmethod
    def decode(cls, payload: bytes) -> "ReadyForQuery":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "ReadyForQuery")
        if (status := cursor.take(1)) not in TransactionStatus.__members__.values():
            raise cursor.refuse(f"unknown transaction status {status!r}")
        cursor.end()
        return cls(TransactionStatus(status))

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, self.status.value)


class NotificationResponse(msgspec.Struct, frozen=True):
    """A NOTIFY of backend pid on a channel that the session listens to. Its payload is data."""

    type: ClassVar[ServerType] = ServerType.NOTIFICATION_RESPONSE
    pid: int
    channel: bytes
    message: bytes

    @classmethod
    def decode(cls, payload: bytes) -> "NotificationResponse":
        """From a payload. Raises ProtocolViolation."""
        cursor = Cursor(payload, "NotificationResponse")
        pid, channel, message = cursor.int32(), cursor.string(), cursor.string()
        cursor.end()
        return cls(pid, channel, message)

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, put_int32(self.pid) + put_string(self.channel) + put_string(self.message))
