"""A session that only forwards: what a Gate hands over, until a real one is wanted."""

import asyncio
import socket

from proxy.relay.login_words import LoggedIn


async def pump(session: LoggedIn, client: socket.socket, server: socket.socket) -> None:
    """Forwards both ways until either side ends, then closes both."""
    loop = asyncio.get_running_loop()
    with client, server:
        await loop.sock_sendall(client, session.held + session.server_rest)
        await loop.sock_sendall(server, session.client_rest)
        copies = [asyncio.create_task(_copy(client, server)), asyncio.create_task(_copy(server, client))]
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            await asyncio.gather(*copies, return_exceptions=True)


async def _copy(source: socket.socket, sink: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while chunk := await loop.sock_recv(source, 65_536):
        await loop.sock_sendall(sink, chunk)
