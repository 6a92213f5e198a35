"""The walk, slowly: cut the chunk into whole frames first, then take those that pass."""

from itertools import takewhile

from proxy.wire.constants import MAX_LENGTH


def walk(chunk: bytes, start: int, stops: bytes, limit: int = MAX_LENGTH) -> int:
    """Offset of the first frame from start on that is incomplete or stops. Raises ValueError."""
    if start not in range(len(chunk) + 1):
        raise ValueError("start")
    passing = list(takewhile(lambda frame: not stops[frame[0]], _cut(chunk[start:], limit, stops)))
    return start + sum(map(len, passing))


def _cut(stream: bytes, limit: int, stops: bytes) -> list[bytes]:
    """Whole frames up to the first one that stops; what follows a frame that needs a decision is not looked at."""
    frames: list[bytes] = []
    while len(stream) > 4:
        length = int.from_bytes(stream[1:5], "big", signed=False)
        if length not in range(4, limit + 1):
            raise ValueError("length")
        frame, stream = stream[: length + 1], stream[length + 1 :]
        if len(frame) != length + 1:
            return frames
        frames.append(frame)
        if stops[frame[0]]:
            return frames
    return frames
