"""As much of HTTP/1.1 as three pages need (RFC 9112), without I/O. What is not plainly right is refused."""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Final

import msgspec

MAX_HEAD_BYTES: Final = 8192
MAX_FIELDS: Final = 64
REQUEST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (/[!-\"$-~]*) HTTP/(\d)\.(\d)")
FIELD_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)")


class Method(Enum):
    """Methods that are answered."""

    GET = b"GET"
    HEAD = b"HEAD"


class Request(msgspec.Struct, frozen=True):
    """A request for a page. path: without the query. fields: by lower-case name."""

    method: Method
    path: str
    fields: Mapping[str, str]


class Response(msgspec.Struct, frozen=True):
    """An answer; its length, date-free head and `Connection: close` are added when it is written."""

    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    extra: tuple[tuple[str, str], ...] = ()


def refusal(status: HTTPStatus, *, extra: tuple[tuple[str, str], ...] = ()) -> Response:
    """An answer that says nothing but its status."""
    return Response(status, f"{status.phrase}\n".encode(), extra=extra)


def read_request(head: bytes) -> Request | Response:
    """The request that head (up to and with its empty line) holds, or the answer that refuses it."""
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    first = REQUEST_LINE.fullmatch(lines[0])
    if first is None:
        return refusal(HTTPStatus.BAD_REQUEST)
    if first[3] != b"1":
        return refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    fields = read_fields(lines[1:])
    if isinstance(fields, Response):
        return fields
    if "host" not in fields and first[4] != b"0":
        return refusal(HTTPStatus.BAD_REQUEST)  # RFC 9112, section 3.2
    if fields.get("content-length", "0") != "0" or "transfer-encoding" in fields:
        return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)  # no page takes a body
    try:
        method = Method(first[1])
    except ValueError:
        return refusal(HTTPStatus.METHOD_NOT_ALLOWED, extra=(("Allow", "GET, HEAD"),))
    return Request(method, first[2].partition(b"?")[0].decode("ascii"), fields)


def read_fields(lines: Iterable[bytes]) -> dict[str, str] | Response:
    """Header fields by lower-case name, or the answer that refuses them: folded, doubled, too many, not text."""
    fields: dict[str, str] = {}
    for line in lines:
        match = FIELD_LINE.fullmatch(line)
        if match is None:
            return refusal(HTTPStatus.BAD_REQUEST)
        name = match[1].decode("ascii").lower()
        if name in fields and name in {"host", "content-length", "transfer-encoding", "authorization"}:
            return refusal(HTTPStatus.BAD_REQUEST)
        fields[name] = match[2].decode("latin-1").strip(" \t")
        if len(fields) > MAX_FIELDS:
            return refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    return fields


def written(response: Response, method: Method) -> bytes:
    """The bytes of an answer. For HEAD the head alone, with the length that GET would have."""
    fields = (
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection", "close"),
        *response.extra,
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    body = b"" if method is Method.HEAD else response.body
    return f"HTTP/1.1 {response.status.value} {response.status.phrase}\r\n{head}\r\n".encode("ascii") + body
