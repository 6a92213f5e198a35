"""bytea, uuid, inet, cidr, macaddr and macaddr8."""

import ipaddress
import struct
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.methods.auto import Auto
from tests.masking.columns import BINARY, KEYS, LABEL, masked
from tests.reference import masks

KEY = KEYS.derive(LABEL)
BYTEA, IDENTIFIER = Column(oids.BYTEA), Column(oids.UUID)
INET, CIDR = Column(oids.INET), Column(oids.CIDR)
ZEROS = b"00000000-0000-0000-0000-000000000000"
interfaces = st.builds(
    lambda address, bits: ipaddress.ip_interface((address, min(bits, address.max_prefixlen))),
    st.ip_addresses(),
    st.integers(0, 128),
)


def escaped(data: bytes) -> bytes:
    """A bytea where bytea_output is escape (byteaout)."""
    return b"".join(b"\\\\" if byte == 92 else b"%c" % byte if 32 <= byte < 127 else b"\\%03o" % byte for byte in data)


def sent(network: ipaddress.IPv4Interface | ipaddress.IPv6Interface, is_cidr: int) -> bytes:
    """The binary format (network_send)."""
    packed = network.ip.packed
    return struct.pack("!4B", 2 if len(packed) == 4 else 3, network.network.prefixlen, is_cidr, len(packed)) + packed


@given(data=st.binary(max_size=600))
@example(data=b"\\")
def test_a_bytea_agrees_with_the_reference_in_all_three_forms(data: bytes) -> None:
    expected = masks.tag(KEY, data)
    shown = b"\\x" + expected.hex().encode()
    assert masked(Auto(), BYTEA, data, BINARY) == expected
    assert masked(Auto(), BYTEA, b"\\x" + data.hex().encode()) == shown
    assert masked(Auto(), BYTEA, escaped(data)) == shown


@pytest.mark.parametrize("value", ["\\x1", "\\xzz", "\\", "\\4", "\\400", "\\08", "a\\b"])
def test_what_is_no_bytea_is_redacted(value: str) -> None:
    assert masked(Auto(), BYTEA, value.encode()) == b"\\x"


@given(value=st.uuids())
def test_a_uuid_agrees_with_the_reference(value: UUID) -> None:
    expected = masks.uuid(KEY, value)
    assert masked(Auto(), IDENTIFIER, str(value).encode()) == str(expected).encode()
    assert masked(Auto(), IDENTIFIER, value.bytes, BINARY) == expected.bytes


@pytest.mark.parametrize(
    "value", ["", "0" * 36, "0f8fad5b-d9cb-469f-a165-70867728950", "0f8fad5b-d9cb-469f-a165-70867728950g"]
)
def test_what_is_no_uuid_is_redacted(value: str) -> None:
    assert masked(Auto(), IDENTIFIER, value.encode()) == ZEROS
    assert masked(Auto(), IDENTIFIER, value.encode()[:15], BINARY) == bytes(16)


@pytest.mark.parametrize(("oid", "width"), [(oids.MACADDR, 6), (oids.MACADDR8, 8)])
@given(data=st.binary(min_size=8, max_size=8))
def test_a_mac_address_agrees_with_the_reference(oid: int, width: int, data: bytes) -> None:
    expected = masks.macaddr(KEY, data[:width])
    assert masked(Auto(), Column(oid), data[:width], BINARY) == expected
    assert masked(Auto(), Column(oid), data[:width].hex(":").encode()) == expected.hex(":").encode()


@pytest.mark.parametrize(
    "value", ["", "08:00:2b:01:02", "08-00-2b-01-02-03", "08:00:2b:01:02:0g", "08:00:2b:01:02:03:04"]
)
def test_what_is_no_mac_address_is_redacted(value: str) -> None:
    assert masked(Auto(), Column(oids.MACADDR), value.encode()) == b"00:00:00:00:00:00"
    assert masked(Auto(), Column(oids.MACADDR), value.encode()[:5], BINARY) == bytes(6)


@given(network=interfaces)
@example(network=ipaddress.ip_interface("::ffff:1.2.3.4/128"))
def test_an_address_agrees_with_the_reference(network: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> None:
    expected = masks.network(KEY, network)
    shown = masked(Auto(), INET, str(network).encode()) or b""
    assert ipaddress.ip_interface(shown.decode()) == expected
    assert masked(Auto(), INET, sent(network, 0), BINARY) == sent(expected, 0)
    assert masked(Auto(), CIDR, sent(network, 1), BINARY) == sent(expected, 1)
    assert masked(Auto(), CIDR, str(network).encode()) == shown + f"/{expected.max_prefixlen}".encode()


@pytest.mark.parametrize(
    "value", ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/1x", "::1/129", ":::", "x" * 50]
)
def test_what_is_no_address_is_redacted(value: str) -> None:
    assert masked(Auto(), INET, value.encode()) == b"0.0.0.0"
    assert masked(Auto(), CIDR, value.encode()) == b"0.0.0.0/32"


@pytest.mark.parametrize(
    "value",
    ["", "022000", "0220000400000000ff", "02210004" + "00000000", "04200004" + "00000000", "03200004" + "00000000"],
)
def test_what_is_no_binary_address_is_redacted(value: str) -> None:
    assert masked(Auto(), INET, bytes.fromhex(value), BINARY) == b"\x02\x20\x00\x04\x00\x00\x00\x00"
