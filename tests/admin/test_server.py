"""The admin endpoint answers three pages, and survives whoever else speaks to it."""

import asyncio
import contextlib
import json

import pytest

from proxy.admin.server import MAX_CONNECTIONS, AdminServer
from proxy.admin.settings import AdminSettings
from proxy.errors import ConfigError, JournalUnavailable
from tests.admin.conftest import Ask, Parts, exchange

TOKEN = "a-token-of-some-length"
HOST = b"Host: localhost\r\n"


def get(path: str, fields: bytes = b"") -> bytes:
    return b"GET %s HTTP/1.1\r\n%s%s\r\n" % (path.encode(), HOST, fields)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


async def test_metrics_are_shown_as_they_are_now(ask: Ask, parts: Parts) -> None:
    parts.rows = 42
    answer = await ask(get("/metrics"))
    assert status(answer) == 200
    assert b"Content-Type: text/plain; version=0.0.4" in answer
    assert b"pgwarden_rows_total 42.0\n" in body(answer)


async def test_a_living_process_says_so(ask: Ask) -> None:
    answer = await ask(get("/healthz"))
    assert (status(answer), json.loads(body(answer))) == (200, {"alive": True})


async def test_a_proxy_whose_parts_are_ready_is_ready(ask: Ask) -> None:
    answer = await ask(get("/readyz?verbose"))
    assert (status(answer), json.loads(body(answer))) == (200, {"ready": True})


async def test_what_is_not_ready_is_named_with_its_reason(ask: Ask, parts: Parts) -> None:
    parts.reasons["journal"] = "the journal's disk is full"
    answer = await ask(get("/readyz"))
    assert status(answer) == 503
    assert json.loads(body(answer)) == {"ready": False, "reasons": {"journal": "the journal's disk is full"}}


async def test_head_has_the_length_of_get_and_no_body(ask: Ask) -> None:
    answer = await ask(get("/healthz").replace(b"GET", b"HEAD"))
    assert b"Content-Length: 15\r\n" in answer
    assert body(answer) == b""


async def test_an_http_1_0_client_needs_no_host(ask: Ask) -> None:
    assert status(await ask(b"GET /healthz HTTP/1.0\r\n\r\n")) == 200


async def test_a_request_may_arrive_byte_by_byte(endpoint: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*endpoint)
    for byte in get("/healthz"):
        writer.write(bytes([byte]))
        await writer.drain()
    assert status(await reader.read()) == 200
    writer.close()


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        pytest.param(get("/"), 404, id="no such page"),
        pytest.param(get("/metrics/../healthz"), 404, id="no path is resolved"),
        pytest.param(get("/metrics").replace(b"GET", b"POST"), 405, id="another method"),
        pytest.param(get("/metrics").replace(b"GET", b"get"), 405, id="methods are in capitals"),
        pytest.param(b"nonsense\r\n\r\n", 400, id="no request line"),
        pytest.param(b"\r\n\r\n", 400, id="nothing"),
        pytest.param(b"GET  /metrics HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="two spaces"),
        pytest.param(b"GET metrics HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="no slash"),
        pytest.param(b"GET http://x/metrics HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="an absolute target"),
        pytest.param(b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="a NUL"),
        pytest.param("GET /é HTTP/1.1\r\n".encode() + HOST + b"\r\n", 400, id="not ASCII"),
        pytest.param(b"GET /metrics HTTP/2.0\r\n" + HOST + b"\r\n", 505, id="another version"),
        pytest.param(b"GET /metrics HTTP/1.1\r\n\r\n", 400, id="no host"),
        pytest.param(get("/metrics", HOST), 400, id="two hosts"),
        pytest.param(get("/metrics", b" folded: x\r\n"), 400, id="a folded field"),
        pytest.param(get("/metrics", b"Name : x\r\n"), 400, id="a space before the colon"),
        pytest.param(get("/metrics", b"Name: a\rb\r\n"), 400, id="a bare carriage return"),
        pytest.param(get("/metrics", b"Content-Length: 5\r\n") + b"hello", 413, id="a body"),
        pytest.param(get("/metrics", b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n", 413, id="a chunked body"),
        pytest.param(get("/metrics", b"Content-Length: 0\r\nContent-Length: 5\r\n"), 400, id="two lengths"),
        pytest.param(get("/metrics", b"".join(b"f%d: x\r\n" % n for n in range(100))), 431, id="too many fields"),
        pytest.param(get("/" + "x" * 9000), 431, id="a head that is too long"),
        pytest.param(b"x" * 60_000, 431, id="a head without end"),
        pytest.param(b"\x00\x00\x00\x08\x04\xd2\x16\x2f" + b"\r\n\r\n", 400, id="a PostgreSQL client"),
    ],
)
async def test_what_is_not_plainly_right_is_refused(ask: Ask, request_bytes: bytes, expected: int) -> None:
    assert status(await ask(request_bytes)) == expected
    assert status(await ask(get("/healthz"))) == 200


async def test_a_silent_client_is_closed_at_the_deadline(ask: Ask) -> None:
    async with asyncio.timeout(10):
        assert await ask(b"GET /metrics HTTP/1.1\r\n") == b""


async def test_a_client_that_hangs_up_disturbs_nobody(endpoint: tuple[str, int], ask: Ask) -> None:
    for sent in (b"", b"GET", get("/metrics")):
        _, writer = await asyncio.open_connection(*endpoint)
        writer.write(sent)
        writer.transport.abort()
    assert status(await ask(get("/healthz"))) == 200


async def test_more_clients_than_the_limit_are_sent_away(parts: Parts) -> None:
    server = AdminServer(AdminSettings(listen="127.0.0.1:0"), parts.pages(), deadline_s=30)
    address = await server.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        for _ in range(MAX_CONNECTIONS):
            _, writer = await asyncio.open_connection(*address)
            stack.callback(writer.close)
        assert status(await exchange(address, b"")) == 503


async def test_a_page_that_fails_is_500_and_tells_nothing(parts: Parts) -> None:
    def fails() -> str | None:
        raise RuntimeError("4111111111111111")

    pages = parts.pages()
    pages._checks["broken"] = fails
    server = AdminServer(AdminSettings(listen="127.0.0.1:0"), pages)
    address = await server.start()
    answer = await exchange(address, get("/readyz"))
    await server.close()
    assert (status(answer), body(answer)) == (500, b"Internal Server Error\n")


async def test_a_check_that_raises_our_error_is_not_ready(ask: Ask, parts: Parts) -> None:
    class Broken(dict[str, str | None]):
        def __getitem__(self, name: str) -> str | None:
            raise JournalUnavailable("the journal is closed")

    parts.reasons = Broken()
    answer = await ask(get("/readyz"))
    assert json.loads(body(answer))["reasons"]["journal"] == "the journal is closed"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(b"", 401, id="no token"),
        pytest.param(b"Authorization: Bearer wrong\r\n", 401, id="another token"),
        pytest.param(b"Authorization: Bearer " + TOKEN.encode() + b"x\r\n", 401, id="a longer token"),
        pytest.param(b"Authorization: Basic " + TOKEN.encode() + b"\r\n", 401, id="another scheme"),
        pytest.param("Authorization: Bearer é\r\n".encode("latin-1"), 401, id="not ASCII"),
        pytest.param(b"authorization: bearer " + TOKEN.encode() + b"\r\n", 200, id="the token"),
    ],
)
async def test_metrics_need_the_token_where_there_is_one(parts: Parts, fields: bytes, expected: int) -> None:
    server = AdminServer(AdminSettings(listen="127.0.0.1:0", token=TOKEN), parts.pages(token=TOKEN))
    address = await server.start()
    answer = await exchange(address, get("/metrics", fields))
    await server.close()
    assert status(answer) == expected
    assert TOKEN.encode() not in answer


async def test_without_the_token_readiness_is_a_status_without_reasons(parts: Parts) -> None:
    parts.reasons["journal"] = "the journal's disk is full"
    server = AdminServer(AdminSettings(listen="127.0.0.1:0", token=TOKEN), parts.pages(token=TOKEN))
    address = await server.start()
    answer = await exchange(address, get("/readyz"))
    await server.close()
    assert (status(answer), json.loads(body(answer))) == (503, {"ready": False})


async def test_a_taken_port_is_one_clear_sentence(endpoint: tuple[str, int], parts: Parts) -> None:
    taken = AdminServer(AdminSettings(listen=f"127.0.0.1:{endpoint[1]}"), parts.pages())
    with pytest.raises(ConfigError, match=r"cannot listen on 127\.0\.0\.1:\d+") as caught:
        await taken.start()
    assert caught.value.hint is not None


async def test_closing_ends_open_connections(parts: Parts) -> None:
    server = AdminServer(AdminSettings(listen="127.0.0.1:0"), parts.pages(), deadline_s=60)
    reader, writer = await asyncio.open_connection(*await server.start())
    writer.write(b"GET")
    await writer.drain()
    await exchange(writer.get_extra_info("peername"), get("/healthz"))  # the first is accepted by now
    await server.close()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
