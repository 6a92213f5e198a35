"""A request is read or refused, whatever its bytes are; nothing raises."""

from http import HTTPStatus

from hypothesis import example, given
from hypothesis import strategies as st

from proxy.admin.http import Method, Request, Response, read_request, written

PIECES = st.sampled_from(
    [b"GET", b"HEAD", b"POST", b" ", b"  ", b"/", b"/metrics", b"?a=b", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\n", b"\r",
     b"Host: x", b"Content-Length: 0", b"Content-Length: 9", b"Transfer-Encoding: chunked", b":", b"\0", b"\xff", b"\t"]
)  # fmt: skip
HEADS = st.binary(max_size=200) | st.lists(PIECES, max_size=20).map(b"".join)


@given(HEADS)
@example(b"")
def test_every_head_is_a_request_or_a_refusal(head: bytes) -> None:
    read = read_request(head + b"\r\n\r\n")
    assert isinstance(read, Request | Response)


@given(HEADS)
def test_a_request_that_is_read_says_nothing_that_was_not_sent(head: bytes) -> None:
    read = read_request(head + b"\r\n\r\n")
    path = read.path.encode() if isinstance(read, Request) else b""
    assert path in head
    assert not set(path) & set(b"\0\r\n ?#\xff")


@given(body=st.binary(max_size=50), status=st.sampled_from(HTTPStatus))
def test_an_answers_length_is_that_of_its_body(body: bytes, status: HTTPStatus) -> None:
    whole = written(Response(status, body), Method.GET)
    head, _, shown = whole.partition(b"\r\n\r\n")
    assert shown == body
    assert b"Content-Length: %d" % len(body) in head.split(b"\r\n")
    assert written(Response(status, body), Method.HEAD) == head + b"\r\n\r\n"
