"""Choices, drawn from hypothesis: the first of each is the simplest, and what a failing statement shrinks to."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Draw(Protocol):
    """What hypothesis hands to a composite strategy."""

    def __call__(self, strategy: "st.SearchStrategy[T]", /) -> T: ...


@lru_cache
def _numbers(highest: int) -> "st.SearchStrategy[int]":
    return st.integers(0, highest)


class Dice:
    """One statement's choices."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._names = 0

    def upto(self, highest: int) -> int:
        """0 to highest."""
        return self._draw(_numbers(highest)) if highest > 0 else 0

    def pick(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[self.upto(len(items) - 1)]

    def chance(self, percent: int) -> bool:
        """Rather no than yes, for what makes a statement longer."""
        return self.upto(99) >= 100 - percent

    def name(self, prefix: str) -> str:
        """One that this statement has not used."""
        self._names += 1
        return f"{prefix}{self._names}"
