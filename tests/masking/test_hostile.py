"""Whatever bytes come, no kernel reads beyond them, none fails, and none lets a value through."""

from hypothesis import given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.constants import redacted
from proxy.masking.method import Method
from proxy.masking.methods.auto import KERNELS, Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.hash import Hash
from proxy.masking.rows import RowMask
from tests.masking.columns import KEYS, LABEL

CANARY = b"CANARY7"
UNCHANGED = {b"null", b"[]", b"false", b"{NULL}"}  # structure alone
ARRAYS = [array for array, element in oids.ELEMENT_OF.items() if element in {*KERNELS, oids.TEXT}]
COLUMNS = [Column(oid) for oid in (*KERNELS, oids.TEXT, oids.BPCHAR, oids.NAME, *ARRAYS)]
MASKS: list[tuple[Method, Column]] = [
    *((Auto(), column) for column in COLUMNS),
    (Hash(), Column(oids.TEXT)),
    (Email(), Column(oids.TEXT)),
    (Email(keep_domain=True), Column(oids.TEXT)),
    (Auto(), Column(oids.NUMERIC, (4 << 16 | 2) + 4)),
]
SEEDS = [
    *[b"-12.50", b"NaN", b"2024-02-29 12:34:56.789+05:30 BC", b"1 year 2 mons -3 days +04:05:06", b"1.2.3.4/24"],
    *[b"0f8fad5b-d9cb-469f-a165-70867728950e", b"08:00:2b:01:02:03", b"$1,234.56", b"\\xdeadbeef", b"a\\\\b\\001"],
    *[b'{"a": [1, "x\\u0041", null]}', b'[0:1]={a,"b\\"c",NULL,{d}}', b"1.5e300", b"mia@corp.example", b"::1/128"],
    *[bytes(size) for size in range(25)],
    b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x17\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x07",
    b"\x00\x02\x00\x00\x40\x00\x00\x02\x04\xd2\x15\xe0",
]
MASK = RowMask([compile_mask(method, column, KEYS, LABEL) for method, column in MASKS])


def mutated(seed: bytes, at: int, cut: int, more: bytes) -> bytes:
    """A value that is nearly one of a type."""
    return seed[:at] + more + seed[at + cut :]


near_values = st.builds(mutated, st.sampled_from(SEEDS), st.integers(0, 40), st.integers(0, 5), st.binary(max_size=5))


@given(value=near_values | st.binary(max_size=80), format_=st.integers(0, 1))
def test_any_bytes_become_another_value_or_null(value: bytes, format_: int) -> None:
    for index, (_, column) in enumerate(MASKS):
        shown = MASK.value(index, format_, value)
        assert shown is None or shown != value or value in redacted(column) or value in UNCHANGED


@given(seed=st.sampled_from(SEEDS), at=st.integers(0, 40), format_=st.integers(0, 1))
def test_nothing_that_is_put_into_a_value_comes_out_of_it(seed: bytes, at: int, format_: int) -> None:
    for index, (method, column) in enumerate(MASKS):
        shown = MASK.value(index, format_, mutated(seed, at, 0, CANARY)) or b""
        domain = shown.partition(b"@")[2] if method == Email(keep_domain=True) else b""
        keys = b"".join(shown.split(b'": ')[:-1]) if column.type_oid in {oids.JSON, oids.JSONB} else b""
        assert CANARY not in shown.replace(domain, b"").replace(keys, b"")
