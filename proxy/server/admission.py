"""How many may be here: connections that have not logged in, and all that hold a connection to the server."""

from collections.abc import Callable

from proxy.errors import TooManyConnections, WardenError
from proxy.server.settings import LimitSettings


class Admission:
    """Counts. A connection arrives, perhaps takes a place, perhaps settles (its login is over), and leaves."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._arrived = dict[object, Callable[[WardenError], None]]()
        self._placed = set[object]()

    @property
    def unauthenticated(self) -> int:
        """Connections whose login is not over."""
        return len(self._arrived)

    @property
    def connections(self) -> int:
        """Connections that hold a place, logged in or about to be."""
        return len(self._placed)

    def arrive(self, who: object, end: Callable[[WardenError], None]) -> None:
        """A new connection. One too many ends the oldest that has not logged in: a login takes milliseconds, so that
        one is the likeliest never to. Nobody who arrives is turned away for those who wait."""
        if len(self._arrived) >= self._limits.max_unauthenticated:
            oldest = next(iter(self._arrived))
            self._arrived.pop(oldest)(TooManyConnections("too many connections wait for authentication"))
        self._arrived[who] = end

    def take_place(self, who: object) -> None:
        """It wants a session. Raises TooManyConnections, in the server's words (proc.c, InitProcess)."""
        if len(self._placed) >= self._limits.max_connections:
            raise TooManyConnections("sorry, too many clients already")
        self._placed.add(who)

    def settle(self, who: object) -> None:
        """Its login is over."""
        self._arrived.pop(who, None)

    def end_logins(self, why: WardenError) -> None:
        """Ends all whose login is not over."""
        for end in tuple(self._arrived.values()):
            end(why)

    def leave(self, who: object) -> None:
        """It has ended."""
        self._arrived.pop(who, None)
        self._placed.discard(who)
