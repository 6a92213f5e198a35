"""Who is asking: the first subject whose match fits a principal."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from typing import Final

from proxy.model import Principal
from proxy.policy.names import NamePattern
from proxy.policy.rules import Match, Network, Rules, Subject

NOBODY: Final = "nobody"
"""The subject of whoever no entry matches: the lowest clearance, everything else refused."""


def subject_of(rules: Rules, principal: Principal) -> Subject:
    """The subject of a principal. Total: who matches nothing is nobody."""
    for subject in rules.subjects:
        if matches(subject.match, principal):
            return subject
    return Subject(NOBODY, top=rules.top)


def matches(match: Match, principal: Principal) -> bool:
    """Whether every part of match that asks something fits the principal."""
    return (
        _any(match.user, (principal.user,))
        and _any(match.member_of, principal.member_of | {principal.user})
        and _any(match.database, (principal.database,))
        and _any(match.application, (principal.application,))
        and in_networks(match.network, principal.client_addr)
    )


def in_networks(networks: tuple[Network, ...], client_addr: str) -> bool:
    """Whether an address is in one of the networks, or none is asked. A Unix socket has no address and is in none."""
    if not networks:
        return True
    try:
        address = ip_address(client_addr.partition("%")[0])  # a link-local one carries its interface
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _any(patterns: tuple[NamePattern, ...], names: Iterable[str]) -> bool:
    return not patterns or any(pattern.matches(name) for pattern in patterns for name in names)
