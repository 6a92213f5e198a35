"""Clocks: the machine's, and one that is turned by hand."""

from proxy.observe.clock import ManualClock, SystemClock


def test_a_manual_clock_stands_still_until_it_is_turned() -> None:
    clock = ManualClock(now_us=1_700_000_000_000_000)
    assert (clock.now_us(), clock.monotonic_ns()) == (1_700_000_000_000_000, 0)
    clock.turn(seconds=1.5)
    assert (clock.now_us(), clock.monotonic_ns()) == (1_700_000_001_500_000, 1_500_000_000)


def test_the_machines_clock_never_goes_back() -> None:
    clock = SystemClock()
    moments = [clock.monotonic_ns() for _ in range(100)]
    assert moments == sorted(moments)
    assert clock.now_us() > 1_700_000_000_000_000
