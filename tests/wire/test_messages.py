"""Every message is read and written as the manual's "Message Formats" says; what does not fit is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import ProtocolViolation, Refused
from proxy.wire.constants import ClientType, Format, ServerType
from proxy.wire.frame import pack
from proxy.wire.messages import CLIENT_MESSAGES, SERVER_MESSAGES, rows
from proxy.wire.messages.authentication import AuthenticationMD5Password, AuthenticationSASL, decode_authentication
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.cancel import CancelRequest
from proxy.wire.messages.copy import CopyInResponse
from proxy.wire.messages.encryption import SSLRequest
from proxy.wire.messages.negotiate import NegotiateProtocolVersion
from proxy.wire.messages.opening import decode_opening
from proxy.wire.messages.parse import Parse
from proxy.wire.messages.password import PasswordMessage, SASLInitialResponse, SASLResponse
from proxy.wire.messages.query import Query
from proxy.wire.messages.report import ErrorResponse, error_response, fatal_response
from proxy.wire.messages.session import BackendKeyData
from proxy.wire.messages.startup import StartupMessage
from tests.wire.strategies import AUTHENTICATIONS, DATA, OPENINGS, TYPED

TYPED_MESSAGES = st.one_of(*TYPED.values())
DECODERS = [*CLIENT_MESSAGES.items(), *SERVER_MESSAGES.items()]


def test_every_message_type_has_its_codec() -> None:
    assert set(CLIENT_MESSAGES) == set(ClientType)
    assert set(SERVER_MESSAGES) == set(ServerType)


@given(message=TYPED_MESSAGES)
def test_a_message_reads_as_it_was_written(message: Any) -> None:
    assert type(message).decode(message.encode()[5:]) == message


@given(message=st.one_of(*OPENINGS.values()))
def test_an_opening_reads_as_it_was_written(message: Any) -> None:
    assert decode_opening(message.encode()[4:]) == message


@given(message=st.one_of(*AUTHENTICATIONS.values()))
def test_an_authentication_request_reads_as_it_was_written(message: Any) -> None:
    assert decode_authentication(message.encode()[5:]) == message


@given(message=TYPED_MESSAGES, other=TYPED_MESSAGES, cut=st.integers(0, 60), extra=DATA)
def test_a_payload_is_refused_or_reads_back_byte_for_byte(message: Any, other: Any, cut: int, extra: bytes) -> None:
    payload = message.encode()[5:][:cut] + extra
    _refused_or_same(type(other), other.type, payload)
    _refused_or_same(type(message), message.type, payload)


@given(payload=st.binary(max_size=40))
def test_an_opening_is_refused_or_reads_back_byte_for_byte(payload: bytes) -> None:
    for candidate in (payload, b"\0\3\0\0" + payload, b"\x04\xd2\x16\x2e" + payload):
        try:
            message = decode_opening(candidate)
        except ProtocolViolation:
            continue
        assert message.encode()[4:] == candidate


@pytest.mark.parametrize(("type_", "decode"), DECODERS, ids=lambda value: getattr(value, "name", ""))
@given(payload=st.binary(max_size=40))
def test_any_bytes_are_refused_or_read_back_byte_for_byte(type_: bytes, decode: Any, payload: bytes) -> None:
    try:
        message = decode(payload)
    except ProtocolViolation:
        return
    assert message.encode() == pack(type_, payload)


VECTORS = [
    pytest.param("51 0000000d 73656c656374203100", Query(b"select 1"), id="Query"),
    pytest.param("50 00000010 7300 73656c00 0001 00000017", Parse(b"s", b"sel", (23,)), id="Parse with one int4"),
    pytest.param(
        "42 00000017 00 7300 0001 0001 0002 ffffffff 00000000 0000",
        Bind(b"", b"s", (Format.BINARY,), (None, b""), ()),
        id="Bind: NULL and the empty value differ",
    ),
    pytest.param(
        "54 0000001a 0001 6900 00004000 0002 00000017 0004 ffffffff 0001",
        rows.RowDescription((rows.FieldDescription(b"i", 0x4000, 2, 23, 4, -1, Format.BINARY),)),
        id="RowDescription names table and attribute",
    ),
    pytest.param("44 0000000f 0002 ffffffff 00000001 78", rows.DataRow((None, b"x")), id="DataRow with NULL"),
    pytest.param("43 0000000d 53454c4543542031 00", rows.CommandComplete(b"SELECT 1"), id="CommandComplete"),
    pytest.param("47 00000009 00 0001 0000", CopyInResponse(Format.TEXT, (Format.TEXT,)), id="CopyInResponse"),
    pytest.param("4b 0000000c 00000007 01020304", BackendKeyData(7, b"\1\2\3\4"), id="BackendKeyData of 3.0"),
    pytest.param("70 00000007 787900", PasswordMessage(b"xy"), id="PasswordMessage"),
    pytest.param("70 0000000a 5800 ffffffff", SASLInitialResponse(b"X", None), id="SASLInitialResponse without one"),
    pytest.param("70 00000006 6e2c", SASLResponse(b"n,"), id="SASLResponse"),
    pytest.param(
        "76 00000015 00030000 00000001 5f70715f2e66 6f6f 00",
        NegotiateProtocolVersion(0, (b"_pq_.foo",)),
        id="NegotiateProtocolVersion holds the whole version",
    ),
    pytest.param("45 0000000c 43333030303000 00", ErrorResponse({"C": b"30000"}), id="ErrorResponse"),
]


@pytest.mark.parametrize(("wire", "message"), VECTORS)
def test_a_vector_reads_and_writes(wire: str, message: Any) -> None:
    frame = bytes.fromhex(wire)
    assert type(message).decode(frame[5:]) == message
    assert message.encode() == frame


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        pytest.param("00000008 04d2162f", SSLRequest(), id="SSLRequest"),
        pytest.param("00000010 04d2162e 00000007 01020304", CancelRequest(7, b"\1\2\3\4"), id="CancelRequest of 3.0"),
        pytest.param("00000011 04d2162e 00000007 0102030405", CancelRequest(7, b"\1\2\3\4\5"), id="longer key of 3.2"),
        pytest.param("00000010 00030002 7573657200 6200 00", StartupMessage(2, ((b"user", b"b"),)), id="Startup 3.2"),
    ],
)
def test_an_opening_vector_reads_and_writes(wire: str, message: Any) -> None:
    packet = bytes.fromhex(wire)
    assert decode_opening(packet[4:]) == message
    assert message.encode() == packet


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        pytest.param("0000000a 534300 00", AuthenticationSASL((b"SC",)), id="SASL"),
        pytest.param("00000005 01020304", AuthenticationMD5Password(b"\1\2\3\4"), id="MD5"),
    ],
)
def test_an_authentication_vector_reads_and_writes(wire: str, message: Any) -> None:
    payload = bytes.fromhex(wire)
    assert decode_authentication(payload) == message
    assert message.encode() == pack(b"R", payload)


MALFORMED = [
    pytest.param(Query, "73656c", id="Query without terminator"),
    pytest.param(Query, "73006c00", id="Query with an embedded NUL"),
    pytest.param(Query, "", id="Query without anything"),
    pytest.param(Parse, "00 00 ffff", id="Parse promises 65,535 types"),
    pytest.param(Parse, "00 00 0000 00", id="Parse with a trailing byte"),
    pytest.param(Bind, "00 00 0000 ffff 0000", id="Bind promises 65,535 values"),
    pytest.param(Bind, "00 00 0002 0000 0000 0001 ffffffff 0000", id="Bind: two formats for one value"),
    pytest.param(Bind, "00 00 0001 0002 0000 0000", id="Bind: format code 2"),
    pytest.param(Bind, "00 00 0000 0001 7fffffff 0000", id="Bind: a value of 2 GiB"),
    pytest.param(Bind, "00 00 0000 0001 fffffffe 0000", id="Bind: a length of -2"),
    pytest.param(rows.RowDescription, "ffff", id="RowDescription with a negative count"),
    pytest.param(rows.RowDescription, "0001 69", id="RowDescription cut in a name"),
    pytest.param(rows.DataRow, "ffff", id="DataRow with a negative count"),
    pytest.param(rows.DataRow, "0001 00000005 78", id="DataRow: a value past the frame"),
    pytest.param(rows.DataRow, "0001 80000000", id="DataRow: a length of -2 GiB"),
    pytest.param(SASLInitialResponse, "5800 fffffffe", id="SASLInitialResponse: a negative length"),
    pytest.param(SASLInitialResponse, "5800 00000002 78", id="SASLInitialResponse: an inner length too long"),
    pytest.param(SASLInitialResponse, "5800 00000000 78", id="SASLInitialResponse: an inner length too short"),
    pytest.param(PasswordMessage, "7800 79", id="PasswordMessage with an embedded NUL"),
    pytest.param(ErrorResponse, "43333030303000", id="ErrorResponse without its last byte"),
    pytest.param(ErrorResponse, "4300 4300 00", id="ErrorResponse with a field twice"),
    pytest.param(BackendKeyData, "00000007 010203", id="BackendKeyData with a key of three bytes"),
    pytest.param(BackendKeyData, "00000007" + "01" * 257, id="BackendKeyData with a key of 257 bytes"),
    pytest.param(NegotiateProtocolVersion, "00030000 7fffffff", id="NegotiateProtocolVersion promises 2^31 names"),
    pytest.param(NegotiateProtocolVersion, "00020000 00000000", id="NegotiateProtocolVersion of major 2"),
    pytest.param(CopyInResponse, "00 0001 0001", id="a textual COPY with a binary column"),
    pytest.param(CopyInResponse, "02 0000", id="a COPY in format 2"),
]


@pytest.mark.parametrize(("kind", "wire"), MALFORMED)
def test_what_does_not_fit_is_a_protocol_violation(kind: Any, wire: str) -> None:
    with pytest.raises(ProtocolViolation):
        kind.decode(bytes.fromhex(wire))


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param("00", id="no code"),
        pytest.param("00020000 00", id="protocol 2"),
        pytest.param("04d2162f 00", id="SSLRequest with a trailing byte"),
        pytest.param("04d2162e 00000007 010203", id="a cancel key of three bytes"),
        pytest.param("00030000 7573657200 62", id="StartupMessage without terminator"),
        pytest.param("00030000 7573657200 6200", id="StartupMessage without the last terminator"),
        pytest.param("00030000 7573657200 6200 00 00", id="StartupMessage with a trailing byte"),
    ],
)
def test_an_opening_that_does_not_fit_is_a_protocol_violation(wire: str) -> None:
    with pytest.raises(ProtocolViolation):
        decode_opening(bytes.fromhex(wire))


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Query(b"a\0b"), id="a NUL in a text"),
        pytest.param(Parse(b"", b"", (1 << 32,)), id="an OID of 33 bits"),
        pytest.param(Bind(b"", b"", (), (None,) * 65_536), id="65,536 parameters"),
        pytest.param(rows.DataRow((None,) * 32_768), id="32,768 columns"),
        pytest.param(AuthenticationSASL((b"",)), id="a mechanism without a name"),
        pytest.param(ErrorResponse({"CC": b""}), id="a field of two letters"),
    ],
)
def test_what_cannot_be_written_is_not_written_wrong(message: Any) -> None:
    with pytest.raises(ProtocolViolation):
        message.encode()


def test_a_bind_takes_65535_parameters() -> None:
    bind = Bind(b"", b"s", (Format.TEXT,), (b"x",) * 65_535)
    assert Bind.decode(bind.encode()[5:]) == bind


def test_secrets_do_not_show() -> None:
    messages = [PasswordMessage(b"hush"), SASLResponse(b"hush"), BackendKeyData(1, b"hush"), CancelRequest(1, b"hush")]
    assert "hush" not in repr(messages)


def test_an_error_of_ours_becomes_one_the_client_reads() -> None:
    error = Refused('refused by pgwarden rule "no-ddl"', hint="ask #dba")
    assert error_response(error).fields["M"] == b'refused by pgwarden rule "no-ddl"'
    assert (fatal_response(error).severity, fatal_response(error).sqlstate) == ("FATAL", "42501")
    assert "H" not in error_response(Refused("x")).fields


def _refused_or_same(kind: Any, type_: bytes, payload: bytes) -> None:
    try:
        message = kind.decode(payload)
    except ProtocolViolation:
        return
    assert message.encode() == pack(type_, payload)
