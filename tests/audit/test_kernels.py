"""The journal's kernels agree with the standard library and with slow references."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.audit import scan
from proxy.audit.blake2b import Blake2b
from proxy.audit.checksum import crc32c, crc32c_plain
from proxy.audit.codec import Coder, decode
from proxy.audit.digest import Digester
from proxy.audit.frame import Framer
from tests.reference import audit_entry as reference
from tests.support import outcome

KEY = bytes(range(32))
PAYLOADS = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=5)
LITERALS = st.text("'\"\\$eEtx1 \n", max_size=12).map(str.encode)
WIDE = st.integers(-(2**63), 2**63 - 1)


@given(
    key=st.binary(min_size=1, max_size=64), size=st.integers(1, 64), parts=st.lists(st.binary(max_size=300), max_size=4)
)
@example(key=KEY, size=32, parts=[bytes(127), b"\0"])
@example(key=KEY, size=32, parts=[bytes(128), b"\0"])
@example(key=KEY, size=32, parts=[bytes(256), bytes(128)])
def test_the_keyed_hash_is_that_of_hashlib(key: bytes, size: int, parts: list[bytes]) -> None:
    whole = b"".join(parts) or b"x"
    given_parts = parts if any(parts) else [b"x"]
    assert Blake2b(key, size).hash(*given_parts) == hashlib.blake2b(whole, key=key, digest_size=size).digest()


@pytest.mark.parametrize(("key", "size"), [(b"", 32), (bytes(65), 32), (KEY, 0), (KEY, 65)])
def test_a_hash_that_cannot_be_is_refused(key: bytes, size: int) -> None:
    with pytest.raises(ValueError, match=r"key|size"):
        Blake2b(key, size)


def test_nothing_is_no_message() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Blake2b(KEY).hash(b"", b"")


def test_the_checksum_is_that_of_the_standard() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(b"\xff" * 32) == 0x62A8AB43


@given(before=st.binary(max_size=20), data=st.binary(max_size=40))
def test_the_checksum_agrees_with_the_reference_with_and_without_the_instruction(before: bytes, data: bytes) -> None:
    assert crc32c(data, crc32c(before)) == crc32c_plain(data, crc32c(before)) == reference.crc32c(before + data)


@given(kind=st.integers(0, 2), value=st.binary(max_size=300) | LITERALS)
@example(kind=0, value=b"$$$$")
@example(kind=0, value=b"$a$$a$")
@example(kind=0, value=b"'''")
def test_digests_agree_with_the_reference(kind: int, value: bytes) -> None:
    assert Digester(KEY).digest(value, kind) == reference.digest(KEY, kind, value)


@pytest.mark.parametrize("literal", [b"'it''s'", b"E'it''s'", b"e'it''s'", b"$$it's$$", b"$q$it's$q$"])
def test_a_literal_and_a_parameter_that_say_the_same_have_one_digest(literal: bytes) -> None:
    assert Digester(KEY).digest(literal, 0) == Digester(KEY).digest(b"it's", 1)


def test_a_binary_parameter_has_a_digest_of_its_own() -> None:
    assert Digester(KEY).digest(b"4242", 2) != Digester(KEY).digest(b"4242", 1)


@given(previous=st.binary(min_size=32, max_size=32), seq=st.integers(0, 2**60), payloads=PAYLOADS)
def test_frames_agree_with_the_reference(previous: bytes, seq: int, payloads: list[tuple[int, bytes]]) -> None:
    framer = Framer(KEY, previous, seq)
    for number, (kind, payload) in enumerate(payloads, seq + 1):
        frame = framer.frame(kind, payload)
        assert frame == reference.frame(KEY, previous, number, kind, payload)
        previous = frame[-32:]
    assert (framer.head, framer.seq) == (previous, seq + len(payloads))


def chained(payloads: list[tuple[int, bytes]]) -> bytes:
    framer = Framer(KEY, bytes(32))
    return bytes(32) + b"".join(framer.frame(kind, payload) for kind, payload in payloads)


@given(payloads=PAYLOADS, cut=st.integers(0, 400), flip=st.integers(0, 8 * 3000))
def test_whole_entries_are_found_as_by_the_reference(payloads: list[tuple[int, bytes]], cut: int, flip: int) -> None:
    data = bytearray(chained(payloads))
    data[flip // 8 % len(data)] ^= 1 << flip % 8
    text = bytes(data[: len(data) - cut]) if cut < len(data) - 32 else bytes(data)
    found = list(reference.frames(text, 32))
    assert scan.entries(text, 32) == (found, found[-1][3] if found else 32)
    assert scan.chosen(text, 32, 1 << 3)[0] == [place for place in found if place[0] == 3]


@given(payloads=PAYLOADS)
def test_the_chain_is_followed_to_its_end(payloads: list[tuple[int, bytes]]) -> None:
    data = chained(payloads)
    last = payloads[-1][0] if payloads else 0
    assert scan.Links(KEY).walk(data, 32, bytes(32), 0) == (len(data), len(payloads), data[-32:], last)


@given(payloads=PAYLOADS.filter(bool), data=st.data())
def test_the_chain_breaks_where_a_bit_is_flipped(payloads: list[tuple[int, bytes]], data: st.DataObject) -> None:
    whole = chained(payloads)
    bit = data.draw(st.integers(32 * 8, len(whole) * 8 - 1))
    text = bytearray(whole)
    text[bit // 8] ^= 1 << bit % 8
    at, seq, _, _ = scan.Links(KEY).walk(bytes(text), 32, bytes(32), 0)
    start, end = next((start, end) for _, _, start, end in reference.frames(whole, 32) if bit // 8 < end)
    assert start == at <= bit // 8 < end
    assert seq == next(number for _, number, begin, _ in reference.frames(whole, 32) if begin == start) - 1


@given(noise=st.binary(max_size=200), payloads=PAYLOADS.filter(bool))
def test_a_genuine_entry_is_found_behind_any_noise(noise: bytes, payloads: list[tuple[int, bytes]]) -> None:
    assert scan.Links(KEY).search(noise + chained(payloads), 0) == len(noise) + 32


def test_an_entry_made_without_the_key_is_not_genuine() -> None:
    forged = reference.frame(bytes(32), bytes(32), 1, 3, b"forged")
    assert scan.search(bytes(32) + forged, 0) == 32
    assert scan.Links(KEY).search(bytes(32) + forged, 0) == -1


NUMBERS = ["session", "statement", "serial", "started_us", "duration_us", "rows", "size_bytes"]
FIELDS = st.fixed_dictionaries(
    {
        "part": st.integers(0, 2),
        "outcome": st.integers(0, 5),
        "values_as": st.integers(0, 2),
        "session": st.integers(0, 2**32 - 1),
        "statement": st.integers(0, 2**32 - 1),
        "serial": st.integers(0, 2**64 - 1),
        "started_us": WIDE,
        "duration_us": WIDE,
        "rows": WIDE,
        "size_bytes": WIDE,
    }
)
VALUES = st.lists(st.tuples(st.none() | st.binary(max_size=40) | LITERALS, st.integers(0, 2)), max_size=6)


@given(
    fields=FIELDS,
    values=VALUES,
    status=st.sampled_from("ITE"),
    sqlstate=st.sampled_from([b"", b"42501"]),
    value_bytes=st.integers(0, 50),
)
def test_executions_agree_with_the_reference(
    fields: dict[str, int], values: list[tuple[bytes | None, int]], status: str, sqlstate: bytes, value_bytes: int
) -> None:
    payload = Coder(KEY, value_bytes, 100_000).encode(values, **fields, transaction=status, sqlstate=sqlstate)
    kept = [
        reference.stored(KEY, fields["values_as"], value_bytes, *value) for value in values if fields["values_as"] != 0
    ]
    assert payload == reference.execution(fields | {"transaction": ord(status)}, sqlstate, kept, 0)
    numbers = [fields[name] for name in NUMBERS]
    told = sqlstate.decode() or None
    assert decode(b"xx" + payload + b"yy", 2, 2 + len(payload)) == (
        fields["part"], fields["outcome"], fields["values_as"], status, *numbers, told, kept, 0,
    )  # fmt: skip


@given(payload=st.binary(max_size=60))
def test_what_is_no_execution_is_refused_and_nothing_else_happens(payload: bytes) -> None:
    got = outcome(lambda: decode(payload, 0, len(payload)))
    assert got is ValueError or isinstance(got, tuple)


@given(fields=FIELDS, cut=st.integers(1, 30))
def test_a_cut_execution_is_refused(fields: dict[str, int], cut: int) -> None:
    payload = Coder(KEY, 9, 1000).encode([(b"value", 1), (None, 1)], **(fields | {"values_as": 1}))
    with pytest.raises(ValueError, match="not an execution"):
        decode(payload, 0, max(len(payload) - cut, 0))


def test_values_over_the_limit_are_left_out_and_counted() -> None:
    payload = Coder(KEY, 1000, 100).encode([(b"x" * 40, 1)] * 5, values_as=1)
    *_, values, omitted = decode(payload, 0, len(payload))
    assert ([len(value[2] or b"") for value in values], omitted) == ([40], 4)


def test_a_long_value_has_the_same_digest_as_any_reader_makes_of_it() -> None:
    long = b"x" * 5000  # longer than what waits in memory as it is
    payload = Coder(KEY, 10, 100).encode([(long, 1)], values_as=2)
    assert decode(payload, 0, len(payload))[12] == [(1, 3, reference.digest(KEY, 1, long), 16)]


def test_a_way_of_storing_that_is_not_known_is_a_digest() -> None:
    payload = Coder(KEY, 10, 100).encode([(b"secret", 1)], values_as=3)
    assert b"secret" not in payload
