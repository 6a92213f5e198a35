"""A client's messages, written from the manual (chapter "Message Formats") and not from the codecs they test."""

import struct
from collections.abc import Mapping

TEXT, BINARY = 0, 1
INT4, INT8, TEXT_OID = 23, 20, 25
PROTOCOL_3_0, PROTOCOL_3_2 = 196_608, 196_610


def message(type_: bytes, *parts: bytes) -> bytes:
    """A frame: its type, a length that counts itself, its parts."""
    payload = b"".join(parts)
    return type_ + struct.pack("!i", len(payload) + 4) + payload


def text(value: str | bytes) -> bytes:
    """A string with its terminator."""
    return (value.encode() if isinstance(value, str) else value) + b"\0"


def shorts(*values: int) -> bytes:
    """A counted list of Int16."""
    return struct.pack(f"!h{len(values)}h", len(values), *values)


def values(*items: bytes | None) -> bytes:
    """A counted list of values, each with its length; -1 for NULL."""
    parts = [struct.pack("!i", -1) if item is None else struct.pack("!i", len(item)) + item for item in items]
    return struct.pack("!H", len(items)) + b"".join(parts)


def startup(parameters: Mapping[str, str], version: int = PROTOCOL_3_0) -> bytes:
    """A StartupMessage."""
    body = b"".join(text(name) + text(value) for name, value in parameters.items())
    return message(b"", struct.pack("!i", version), body, b"\0")


def startup_code(code: int, *parts: bytes) -> bytes:
    """SSLRequest, GSSENCRequest or CancelRequest."""
    return message(b"", struct.pack("!i", code), *parts)


SSL_REQUEST = startup_code(80_877_103)
GSSENC_REQUEST = startup_code(80_877_104)


def query(sql: str | bytes) -> bytes:
    """Query."""
    return message(b"Q", text(sql))


def parse(sql: str, name: str = "", types: tuple[int, ...] = ()) -> bytes:
    """Parse."""
    return message(b"P", text(name), text(sql), struct.pack(f"!H{len(types)}I", len(types), *types))


def bind(
    *items: bytes | None,
    portal: str = "",
    statement: str = "",
    formats: tuple[int, ...] = (),
    results: tuple[int, ...] = (),
) -> bytes:
    """Bind."""
    return message(b"B", text(portal), text(statement), shorts(*formats), values(*items), shorts(*results))


def describe_portal(name: str = "") -> bytes:
    """Describe of a portal."""
    return message(b"D", b"P", text(name))


def describe_statement(name: str = "") -> bytes:
    """Describe of a prepared statement."""
    return message(b"D", b"S", text(name))


def execute(portal: str = "", rows: int = 0) -> bytes:
    """Execute. rows: 0 for all."""
    return message(b"E", text(portal), struct.pack("!i", rows))


def close_portal(name: str = "") -> bytes:
    """Close of a portal."""
    return message(b"C", b"P", text(name))


def close_statement(name: str = "") -> bytes:
    """Close of a prepared statement."""
    return message(b"C", b"S", text(name))


def copy_data(data: bytes) -> bytes:
    """CopyData."""
    return message(b"d", data)


def copy_fail(reason: str) -> bytes:
    """CopyFail."""
    return message(b"f", text(reason))


def function_call(
    oid: int, *arguments: bytes | None, formats: tuple[int, ...] = (BINARY,), result: int = BINARY
) -> bytes:
    """FunctionCall."""
    return message(b"F", struct.pack("!I", oid), shorts(*formats), values(*arguments), struct.pack("!h", result))


def int4(value: int) -> bytes:
    """A binary integer."""
    return struct.pack("!i", value)


def whole(sql: str, *items: bytes | None, rows: int = 0, results: tuple[int, ...] = ()) -> bytes:
    """Parse, Bind, Describe and Execute on the unnamed statement and portal; no Sync."""
    return parse(sql) + bind(*items, results=results) + describe_portal() + execute(rows=rows)


SYNC = message(b"S")
FLUSH = message(b"H")
COPY_DONE = message(b"c")
TERMINATE = message(b"X")
