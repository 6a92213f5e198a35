"""The messages that are nothing but their type."""

from typing import ClassVar

import msgspec

from proxy.wire.constants import ClientType, ServerType
from proxy.wire.fields import Cursor
from proxy.wire.frame import pack


class Sync(msgspec.Struct, frozen=True):
    """Ends a batch of extended messages."""

    type: ClassVar[ClientType] = ClientType.SYNC

    @classmethod
    def decode(cls, payload: bytes) -> "Sync":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "Sync").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class Flush(msgspec.Struct, frozen=True):
    """Asks for the answers so far."""

    type: ClassVar[ClientType] = ClientType.FLUSH

    @classmethod
    def decode(cls, payload: bytes) -> "Flush":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "Flush").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class Terminate(msgspec.Struct, frozen=True):
    """The client leaves."""

    type: ClassVar[ClientType] = ClientType.TERMINATE

    @classmethod
    def decode(cls, payload: bytes) -> "Terminate":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "Terminate").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class ParseComplete(msgspec.Struct, frozen=True):
    """Answers Parse."""

    type: ClassVar[ServerType] = ServerType.PARSE_COMPLETE

    @classmethod
    def decode(cls, payload: bytes) -> "ParseComplete":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "ParseComplete").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class BindComplete(msgspec.Struct, frozen=True):
    """Answers Bind."""

    type: ClassVar[ServerType] = ServerType.BIND_COMPLETE

    @classmethod
    def decode(cls, payload: bytes) -> "BindComplete":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "BindComplete").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class CloseComplete(msgspec.Struct, frozen=True):
    """Answers Close."""

    type: ClassVar[ServerType] = ServerType.CLOSE_COMPLETE

    @classmethod
    def decode(cls, payload: bytes) -> "CloseComplete":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "CloseComplete").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class EmptyQueryResponse(msgspec.Struct, frozen=True):
    """Replaces CommandComplete where the text held no command."""

    type: ClassVar[ServerType] = ServerType.EMPTY_QUERY_RESPONSE

    @classmethod
    def decode(cls, payload: bytes) -> "EmptyQueryResponse":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "EmptyQueryResponse").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class NoData(msgspec.Struct, frozen=True):
    """Answers Describe: no rows will come."""

    type: ClassVar[ServerType] = ServerType.NO_DATA

    @classmethod
    def decode(cls, payload: bytes) -> "NoData":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "NoData").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")


class PortalSuspended(msgspec.Struct, frozen=True):
    """Execute stopped at its row limit; more may come."""

    type: ClassVar[ServerType] = ServerType.PORTAL_SUSPENDED

    @classmethod
    def decode(cls, payload: bytes) -> "PortalSuspended":
        """From a payload, which is empty. Raises ProtocolViolation."""
        Cursor(payload, "PortalSuspended").end()
        return cls()

    def encode(self) -> bytes:
        """The whole frame."""
        return pack(self.type, b"")
