"""Words of a rule file to patterns and networks, each fault at its word."""

from collections.abc import Callable, Iterable
from ipaddress import ip_network
from typing import TypeVar

from proxy.config.decode import Word
from proxy.config.problems import Problems
from proxy.policy.names import NamePattern, role_pattern
from proxy.policy.rules import Network

T = TypeVar("T")


def attempt(word: Word, read: Callable[[str], T], problems: Problems) -> T | None:
    """What read makes of a word; None where it raises ValueError, whose words are then among the problems."""
    try:
        return read(str(word))
    except ValueError as error:
        problems.error(word.place, f'"{word}": {error}')
        return None


def every(words: Iterable[Word], read: Callable[[str], T], problems: Problems) -> tuple[T, ...]:
    """The same for many; what could not be read is left out."""
    found = [attempt(word, read, problems) for word in words]
    return tuple(each for each in found if each is not None)


def names(words: Iterable[Word], problems: Problems) -> tuple[NamePattern, ...]:
    """Names of users, roles, databases, applications."""
    return every(words, role_pattern, problems)


def networks(words: Iterable[Word], problems: Problems) -> tuple[Network, ...]:
    """Networks as 10.0.0.0/8; an address alone is itself."""
    return every(words, _network, problems)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError("host bits are set" if "host bits" in str(error) else "expected 10.0.0.0/8 or ::1") from None
