"""What time it is, as an object that a test can turn by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: the calendar's for records, and one that never goes back for durations."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch, UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary moment."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1000

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary moment."""
        return time.monotonic_ns()


class ManualClock:
    """A clock that stands still until it is turned."""

    def __init__(self, *, now_us: int = 0) -> None:
        self._now_ns = now_us * 1000
        self._monotonic_ns = 0

    def now_us(self) -> int:
        """Microseconds since the Unix epoch, UTC."""
        return self._now_ns // 1000

    def monotonic_ns(self) -> int:
        """Nanoseconds since this clock was made."""
        return self._monotonic_ns

    def turn(self, *, seconds: float) -> None:
        """Move both clocks forward."""
        step = round(seconds * 1_000_000_000)
        self._now_ns += step
        self._monotonic_ns += step
