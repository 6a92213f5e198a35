"""One login over two sockets: what the peers say goes to the Login, what it orders is done."""

import socket
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from proxy.errors import InvariantBroken, WardenError
from proxy.relay.login import Login
from proxy.relay.login_words import Cancel, CloseBoth, ConnectUpstream, Finish, Order, ToClient, ToServer
from proxy.server.sockets import close_gently, first_readable, receive_now, send, send_now

Ending: TypeAlias = Finish | Cancel | CloseBoth
Connect: TypeAlias = Callable[[], Awaitable[socket.socket]]


class Conversation:
    """Drives one Login. client: an accepted socket; connect: reaches the server, or raises a WardenError. close()
    closes both sockets, unless somebody has detached them."""

    def __init__(self, login: Login, client: socket.socket, connect: Connect) -> None:
        self._login, self._connect = login, connect
        self.client: socket.socket = client
        self.server: socket.socket | None = None

    async def run(self) -> Ending:
        """Until the login is over, one way or another."""
        ending: Ending | None = None
        while ending is None:
            ending = await self._carry_out(self._hear(await first_readable(*self._heard())))
        return ending

    def expire(self) -> CloseBoth:
        """The deadline has passed: the client is told as far as that fits without waiting."""
        return self._tell_now(self._login.expired())

    def interrupt(self, error: WardenError) -> CloseBoth:
        """We end it for a reason of our own, and tell the client in the same way."""
        return self._tell_now(self._login.unreachable(error))

    def close(self) -> None:
        """Closes what is still here, the client so that it hears what was sent last."""
        if self.server is not None:
            self.server.close()
        if self.client.fileno() >= 0:
            close_gently(self.client)

    def _heard(self) -> list[socket.socket]:
        """Whom to listen to. A client that has said more than is due is not read, so it waits, not we."""
        client = [self.client] if self._login.hungry else []
        return client if self.server is None else [*client, self.server]

    def _hear(self, sock: socket.socket) -> list[Order]:
        if (chunk := receive_now(sock)) is None:
            return []
        if sock is self.client:
            return self._login.client_said(chunk) if chunk else self._login.client_ended()
        return self._login.server_said(chunk) if chunk else self._login.server_ended()

    async def _carry_out(self, orders: list[Order]) -> Ending | None:
        for order in orders:
            match order:
                case ToClient(data):
                    if not await _sent(self.client, data):
                        return CloseBoth()
                case ToServer(data) if self.server is not None:
                    await _sent(self.server, data)  # if it has closed, what it said before that is still to be read
                case ConnectUpstream():
                    return await self._carry_out(await self._reach())  # always the last order
                case Finish() | Cancel() | CloseBoth():
                    return order
                case _:
                    raise InvariantBroken(f"an order that cannot be carried out: {order!r}")
        return None

    async def _reach(self) -> list[Order]:
        try:
            self.server = await self._connect()
        except WardenError as error:
            return self._login.unreachable(error)
        return self._login.connected()

    def _tell_now(self, orders: list[Order]) -> CloseBoth:
        ending = CloseBoth()
        for order in orders:
            match order:
                case ToClient(data):
                    send_now(self.client, data)
                case CloseBoth():
                    ending = order
                case _:
                    raise InvariantBroken(f"an end that orders {order!r}")
        return ending


async def _sent(sock: socket.socket, data: bytes) -> bool:
    try:
        await send(sock, data)
    except OSError:
        return False
    return True
