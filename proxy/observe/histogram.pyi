class Durations:
    """A histogram for Python callers; C callers hold the struct of `histogram.pxd`."""

    def add(self, ns: int) -> None:
        """Counts one duration, in nanoseconds; a negative one counts as 0. Raises OverflowError: above 64 bits."""

    @property
    def counts(self) -> tuple[int, ...]:
        """How many durations each bucket holds, shape (25,): at most 1, 2, 4 … 2^23 µs, and longer."""

    @property
    def total_s(self) -> float:
        """The sum of all durations, in seconds."""
