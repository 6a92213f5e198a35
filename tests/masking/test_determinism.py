"""The same value masks alike everywhere; different values mask differently where a method promises it."""

import struct

import pytest

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.method import Method
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.hash import Hash
from proxy.masking.rows import RowMask
from tests.masking.columns import KEYS, LABEL, data_row, frame, masked

MILLION = 1_000_000
TEXT = Column(oids.TEXT)


def numbered(domain: bytes) -> bytes:
    """A million different values of one length, each in a row of its own."""
    head = struct.pack("!hi", 1, 7 + len(domain))
    prefix = b"D" + struct.pack("!i", len(head) + 11 + len(domain)) + head
    return b"".join(b"%b%07d%b" % (prefix, number, domain) for number in range(MILLION))


@pytest.mark.parametrize(
    ("method", "size"),
    [
        pytest.param(Hash(), 32, id="a hash"),
        pytest.param(Hash(encoding="base32"), 26, id="a hash in base32"),
        pytest.param(Email(), 28, id="a mail address"),
        pytest.param(Email(keep_domain=True), 22, id="a mail address in its own domain"),
        pytest.param(Auto(), 16, id="a text"),
    ],
)
def test_a_million_values_have_a_million_masks(method: Method, size: int) -> None:
    mask = RowMask([compile_mask(method, TEXT, KEYS, LABEL)])
    shown = mask.apply_frames(numbered(b"@de.de"), b"\x00")
    step = 11 + size
    assert len(shown) == MILLION * step
    assert len({shown[at : at + step] for at in range(0, len(shown), step)}) == MILLION


def test_the_place_of_a_value_does_not_change_its_mask() -> None:
    alone = masked(Auto(), TEXT, b"mia") or b""
    row_mask = RowMask([None, *(compile_mask(Auto(), TEXT, KEYS, LABEL) for _ in range(3))])
    row = data_row([b"mia", b"mia", b"leo", b"mia"])
    leo = masked(Auto(), TEXT, b"leo")
    assert row_mask.apply(row, bytes([0, 0, 1, 1])) == frame(data_row([b"mia", alone, leo, alone]))
