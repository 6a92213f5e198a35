"""Listening: where, on which port, and what a person reads where that does not work."""

import asyncio
import errno
import socket

import pytest

from proxy.errors import CannotListen
from proxy.server.listener import Listener
from proxy.server.settings import ListenSettings
from proxy.server.sockets import receive, send
from tests.peers.peer import Peer, dial


async def echo(client: socket.socket) -> None:
    """Says everything again."""
    with client:
        while chunk := await receive(client):
            await send(client, chunk)


async def broken(client: socket.socket) -> None:
    """Fails."""
    raise RuntimeError("this connection fails, and no other")


class Turnstile(Listener):
    """A listener for whom descriptors run out once."""

    def __init__(self) -> None:
        super().__init__(ListenSettings(port=0), echo)
        self.failed = asyncio.Event()

    def _accept_batch(self, sock: socket.socket) -> None:
        if not self.failed.is_set():
            self.failed.set()
            raise OSError(errno.EMFILE, "Too many open files")
        super()._accept_batch(sock)


async def say(port: int, host: str = "127.0.0.1") -> Peer:
    """A client that was answered."""
    client = await dial(host, port)
    await client.send(b"x")
    await client.expect(b"x")
    return client


async def test_port_0_picks_a_free_one_and_reports_it() -> None:
    listener = Listener(ListenSettings(port=0), echo)
    [(host, port)] = await listener.start()
    client = await say(port)
    assert host == "127.0.0.1"
    assert listener.connections == 1
    client.close()
    await listener.idle()
    await listener.stop()


async def test_every_address_shares_the_port() -> None:
    listener = Listener(ListenSettings(host="*", port=0), echo)
    addresses = await listener.start()
    assert len({port for _, port in addresses}) == 1
    (await say(addresses[0][1])).close()
    await listener.stop()
    await listener.abort()


async def test_a_port_in_use_is_one_clear_sentence_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"127.0.0.1:{port} is in use already") as refused:
            await Listener(ListenSettings(port=port), echo).start()
    assert "0 picks a free one" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("host", "words"),
    [
        pytest.param("192.0.2.1", "192.0.2.1 is not an address of this machine", id="another machine's"),
        pytest.param("no.such.invalid", "the address no.such.invalid is not known", id="unknown name"),
    ],
)
async def test_an_address_that_is_not_ours_is_named(host: str, words: str) -> None:
    with pytest.raises(CannotListen, match=words):
        await Listener(ListenSettings(host=host, port=0), echo).start()


async def test_two_listeners_may_share_a_port() -> None:
    first = Listener(ListenSettings(port=0, share_port=True), echo)
    [(_, port)] = await first.start()
    second = Listener(ListenSettings(port=port, share_port=True), echo)
    assert [port for _, port in await second.start()] == [port]
    await first.stop()
    await second.stop()


async def test_stopping_keeps_who_is_here_and_takes_nobody_new() -> None:
    listener = Listener(ListenSettings(port=0), echo)
    [(_, port)] = await listener.start()
    client = await say(port)
    await listener.stop()
    with pytest.raises(ConnectionRefusedError):
        await dial("127.0.0.1", port)
    await client.send(b"y")
    await client.expect(b"y")
    client.close()
    await listener.idle()


async def test_aborting_ends_everybody() -> None:
    listener = Listener(ListenSettings(port=0), echo)
    [(_, port)] = await listener.start()
    client = await say(port)
    await listener.stop()
    await listener.abort()
    await client.ended()
    client.close()


async def test_a_connection_that_fails_fails_alone() -> None:
    listener = Listener(ListenSettings(port=0), broken)
    [(_, port)] = await listener.start()
    for _ in range(2):
        client = await dial("127.0.0.1", port)
        await client.ended()
        client.close()
    await listener.stop()


async def test_running_out_of_descriptors_is_survived() -> None:
    listener = Turnstile()
    [(_, port)] = await listener.start()
    client = await say(port)  # it waits until there is room again
    assert listener.failed.is_set()
    client.close()
    await listener.idle()
    await listener.stop()
