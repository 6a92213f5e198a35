# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Durations counted by powers of two: one bit scan and two additions each, no lock, no Python object."""

cdef class Durations:
    """A histogram for Python callers; C callers hold the struct of `histogram.pxd`."""
    cdef Histogram _histogram

    def add(self, long long ns) -> None:
        """Counts one duration, in nanoseconds; a negative one counts as 0. Raises OverflowError: above 64 bits."""
        histogram_add(&self._histogram, ns)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many durations each bucket holds, shape (25,): at most 1, 2, 4 … 2^23 µs, and longer."""
        return tuple([self._histogram.counts[index] for index in range(BUCKETS)])

    @property
    def total_s(self) -> float:
        """The sum of all durations, in seconds."""
        return self._histogram.total_ns / 1e9
