"""The admin endpoint's sockets: one request a connection, everything bounded in size and time."""

import asyncio
from http import HTTPStatus
from typing import Final

from proxy.admin.http import MAX_HEAD_BYTES, Method, Request, Response, read_request, refusal, written
from proxy.admin.pages import Pages
from proxy.admin.settings import AdminSettings, address, is_loopback
from proxy.errors import ConfigError
from proxy.observe.logs import EventLog

DEADLINE_S: Final = 5.0
"""For the whole of a request, its answer included: a client that sends a byte now and then does not stay."""
MAX_CONNECTIONS: Final = 32
LINGER_BYTES: Final = 65_536
END_OF_HEAD: Final = b"\r\n\r\n"


class AdminServer:
    """Serves pages over HTTP/1.1. deadline_s: for one connection."""

    def __init__(self, settings: AdminSettings, pages: Pages, *, deadline_s: float = DEADLINE_S) -> None:
        self._settings, self._pages, self._deadline_s = settings, pages, deadline_s
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._log = EventLog("pgwarden.admin")

    async def start(self) -> tuple[str, int]:
        """Listen. Returns host and port. Raises ConfigError: the address is unusable, taken, or open without token."""
        host, port = address(self._settings)
        try:
            self._server = await asyncio.start_server(self._accept, host, port, limit=MAX_HEAD_BYTES)
        except OSError as error:
            raise ConfigError(
                f"admin.listen: cannot listen on {self._settings.listen}: {error.strerror or 'no such host'}",
                hint="choose another port under admin.listen, or port 0 for a free one",
            ) from None
        bound_host, bound_port = self._server.sockets[0].getsockname()[:2]
        self._log.info("admin_listening", host=bound_host, port=bound_port)
        if not is_loopback(host):
            self._log.warning("admin_without_tls", host=bound_host, port=bound_port)
        return bound_host, bound_port

    async def close(self) -> None:
        """Stop listening and end what is open."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            writer.write(written(refusal(HTTPStatus.SERVICE_UNAVAILABLE), Method.GET))
            writer.close()
            return
        self._connections.add(task)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._converse(reader, writer)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            pass  # the client is gone or too slow, and nobody is left to be told
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = read_request(await reader.readuntil(END_OF_HEAD))
        except asyncio.LimitOverrunError:
            request = refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if isinstance(request, Request):
            writer.write(written(self._answer(request), request.method))
        else:
            writer.write(written(request, Method.GET))
        await writer.drain()
        writer.write_eof()
        unread = LINGER_BYTES  # closing with unread bytes would reset the connection under the answer
        while unread > 0 and (chunk := await reader.read(unread)):
            unread -= len(chunk)

    def _answer(self, request: Request) -> Response:
        try:
            return self._pages.answer(request)
        except Exception as error:  # noqa: BLE001  one broken page must not end the process
            self._log.error("admin_page_failed", error=error, path=request.path[:64])
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)
