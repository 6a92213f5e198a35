"""The slow twin of proxy/observe/histogram: looks for the first bound that is not below the duration."""

from collections.abc import Iterable
from fractions import Fraction

BOUNDS_US = [1]
while len(BOUNDS_US) < 24:
    BOUNDS_US.append(BOUNDS_US[-1] * 2)


def counts(durations_ns: Iterable[int]) -> tuple[int, ...]:
    """How many durations each bucket holds."""
    found = [0] * (len(BOUNDS_US) + 1)
    for duration in durations_ns:
        us = Fraction(max(duration, 0), 1000)
        place = next((at for at, bound in enumerate(BOUNDS_US) if us <= bound), len(BOUNDS_US))
        found[place] += 1
    return tuple(found)
