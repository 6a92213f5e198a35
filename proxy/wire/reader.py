"""Cuts byte streams into messages, without I/O: for login and control. Results go through the walker."""

from proxy.errors import ProtocolViolation
from proxy.wire.constants import HEADER, MIN_LENGTH
from proxy.wire.frame import Frame

_LENGTH_BYTES = 4


class FrameReader:
    """Cuts a byte stream into frames. limit: longest payload that is buffered, in bytes."""

    def __init__(self, *, limit: int) -> None:
        self._buffer, self._limit = bytearray(), limit

    @property
    def buffered(self) -> int:
        """Bytes that wait."""
        return len(self._buffer)

    @property
    def next_type(self) -> bytes | None:
        """Type of the frame that comes next, known from its first byte on: what is not allowed need not be awaited."""
        return bytes(self._buffer[:1]) or None

    def feed(self, chunk: bytes) -> list[Frame]:
        """Frames completed by chunk, in order; the rest waits. Raises ProtocolViolation at a bad length."""
        self.push(chunk)
        frames = []
        while (frame := self.pull()) is not None:
            frames.append(frame)
        return frames

    def push(self, chunk: bytes) -> None:
        """Adds chunk to what waits."""
        self._buffer += chunk

    def pull(self) -> Frame | None:
        """The next frame, None until it is whole. Raises ProtocolViolation as soon as a header states a bad length."""
        if len(self._buffer) < HEADER.size:
            return None
        type_, length = HEADER.unpack_from(self._buffer)
        _check(f"frame {type_!r}", length, self._limit)
        if (end := 1 + length) > len(self._buffer):
            return None
        frame = Frame(type_, bytes(self._buffer[HEADER.size : end]))
        del self._buffer[:end]  # a bytearray moves its start: this copies nothing
        return frame

    def take_rest(self) -> bytes:
        """What was not cut, and forgets it."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest


class OpeningReader:
    """Cuts the untyped messages before and including StartupMessage. limit: longest payload, in bytes."""

    def __init__(self, *, limit: int) -> None:
        self._buffer, self._limit = bytearray(), limit

    @property
    def buffered(self) -> int:
        """Bytes that wait."""
        return len(self._buffer)

    def push(self, chunk: bytes) -> None:
        """Adds chunk to what waits."""
        self._buffer += chunk

    def pull(self) -> bytes | None:
        """Payload (behind the length word) of the next message, None until it is whole. Raises ProtocolViolation."""
        if len(self._buffer) < _LENGTH_BYTES:
            return None
        length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
        if length < MIN_LENGTH + _LENGTH_BYTES:  # every such message starts with a code of four bytes
            raise ProtocolViolation("invalid length of startup packet")
        _check("startup packet", length, self._limit)
        if length > len(self._buffer):
            return None
        payload = bytes(self._buffer[_LENGTH_BYTES:length])
        del self._buffer[:length]
        return payload

    def take_rest(self) -> bytes:
        """What was not cut, and forgets it."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest


def _check(what: str, length: int, limit: int) -> None:
    if not MIN_LENGTH <= length <= limit + MIN_LENGTH:
        raise ProtocolViolation(f"{what} states a length of {length}")
