"""The registry: every method answers for every type, and the rules' plain mappings become methods."""

from typing import Any, get_args

import msgspec
import pytest

from proxy.errors import ConfigError
from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.kernels import UNKEYED, ColumnMask, kernels
from proxy.masking.methods import AnyMethod
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.fixed import Fixed
from proxy.masking.methods.hash import Hash
from proxy.masking.methods.null import Null
from proxy.masking.methods.partial import Partial
from proxy.masking.methods.redact import Redact
from proxy.masking.plan import Kernel
from tests.masking.columns import BINARY, KEYS, LABEL, TEXT, masked, row_mask

KNOWN = [Column(oid) for oid in (*oids.NAMES, *oids.ELEMENT_OF)]
UNKNOWN = Column(16_400)
EXAMPLES: dict[str, dict[str, Any]] = {"fixed": {"value": "x"}, "partial": {"keep_last": 4}}
METHODS: list[AnyMethod] = [
    msgspec.convert({"method": tag, **EXAMPLES.get(tag, {})}, AnyMethod)
    for tag in sorted(str(kind.__struct_config__.tag) for kind in get_args(AnyMethod))
]
NAMES = [str(method.__struct_config__.tag) for method in METHODS]


@pytest.mark.parametrize(
    ("rule", "method"),
    [
        ({"method": "auto"}, Auto()),
        ({"method": "auto", "domain": "customer", "version": 2}, Auto(domain="customer", version=2)),
        ({"method": "redact"}, Redact()),
        ({"method": "null"}, Null()),
        ({"method": "fixed", "value": 0}, Fixed(0)),
        (
            {"method": "partial", "keep_first": 1, "keep_last": 4, "fill": "#"},
            Partial(keep_first=1, keep_last=4, fill="#"),
        ),
        ({"method": "hash", "encoding": "base32", "length": 10}, Hash(encoding="base32", length=10)),
        ({"method": "email", "keep_domain": True, "domain": "customer"}, Email(keep_domain=True, domain="customer")),
    ],
)
def test_a_rule_s_mapping_becomes_a_method(rule: dict[str, Any], method: AnyMethod) -> None:
    assert msgspec.convert(rule, AnyMethod) == method
    assert msgspec.convert(msgspec.to_builtins(method), AnyMethod) == method


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "method"),
        ({"method": "encrypt"}, "encrypt"),
        ({"method": "redact", "keep_last": 4}, "unknown field `keep_last`"),
        ({"method": "fixed"}, "value"),
        ({"method": "fixed", "value": None}, "value"),
        ({"method": "partial", "keep_last": -1}, "keep_last"),
        ({"method": "partial", "fill": ""}, "fill"),
        ({"method": "partial", "fill": "ab"}, "fill"),
        ({"method": "hash", "encoding": "md5"}, "encoding"),
        ({"method": "hash", "length": 33}, "length"),
        ({"method": "hash", "encoding": "base32", "length": 27}, "base32 has at most 26"),
        ({"method": "email", "keep_domain": "corp.example"}, "keep_domain"),
        ({"method": "auto", "version": "two"}, "version"),
    ],
)
def test_a_mapping_that_is_no_method_says_what_is_wrong(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(rule, AnyMethod)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_a_method_masks_a_type_or_says_why_it_cannot(method: AnyMethod) -> None:
    refused = [column for column in KNOWN if method.problem(column)]
    for column in refused:
        with pytest.raises(ConfigError):
            compile_mask(method, column, KEYS, LABEL)
    accepted = [column for column in KNOWN if column not in refused]
    assert all(compile_mask(method, column, KEYS, LABEL).method == method.__struct_config__.tag for column in accepted)
    assert accepted


@pytest.mark.parametrize("method", [Redact(), Null(), Auto()])
def test_a_type_that_nobody_knows_becomes_null(method: AnyMethod) -> None:
    assert masked(method, UNKNOWN, b"secret") is None
    assert masked(method, UNKNOWN, b"secret", BINARY) is None


@pytest.mark.parametrize(
    ("method", "column", "words"),
    [
        (Hash(), Column(oids.INT4), "hash makes a text, which is no value of type integer; auto, redact and null fit"),
        (Hash(), UNKNOWN, r"type unknown \(OID 16400\)"),
        (Hash(), Column(1009), r"type text\[\]"),
        (Partial(), Column(oids.NUMERIC, (10 << 16 | 2) + 4), r"numeric\(10,2\)"),
        (Partial(), Column(oids.UUID), "uuid"),
        (Partial(fill="é"), Column(oids.NAME), "fill must be an ASCII character"),
        (Partial(fill="\x00"), Column(oids.TEXT), "fill must be a character that PostgreSQL can store"),
        (Email(), Column(oids.JSONB), "jsonb"),
        (Email(), Column(oids.VARCHAR, 16), r"email needs 13 characters, and the type is character varying\(12\)"),
        (Fixed("n/a"), Column(oids.INT4), "the value is none of type integer"),
        (Fixed("longer"), Column(oids.VARCHAR, 9), r"longer than type character varying\(5\)"),
        (Fixed("x" * 64), Column(oids.NAME), "longer than type name"),
        (Fixed("a\x00b"), Column(oids.TEXT), "zero byte"),
        (Fixed(32768), Column(oids.INT2), "smallint"),
        (Fixed(1.5), Column(oids.INT4), "integer"),
        (Fixed(True), Column(oids.INT4), "integer"),
        (Fixed(1), Column(oids.BOOL), "boolean"),
        (Fixed("100.00"), Column(oids.NUMERIC, (4 << 16 | 2) + 4), r"numeric\(4,2\)"),
        (Fixed("1.001"), Column(oids.NUMERIC, (4 << 16 | 2) + 4), r"numeric\(4,2\)"),
        (Fixed("NaN"), Column(oids.NUMERIC), "numeric"),
        (Fixed(1e400), Column(oids.FLOAT8), "double precision"),
        (Fixed(1e39), Column(oids.FLOAT4), "real"),
        (Fixed("yesterday"), Column(oids.DATE), "date"),
        (Fixed("12:00:00+02"), Column(oids.TIME), "time"),
        (Fixed("2024-01-01 00:00:00.5"), Column(oids.TIMESTAMP, 0), "timestamp"),
        (Fixed("2024-01-01 00:00:00"), Column(oids.TIMESTAMPTZ), "with time zone"),
        (Fixed("2024-01-01 00:00:00+00"), Column(oids.TIMESTAMP), "without time zone"),
        (Fixed("zebra"), Column(oids.UUID), "uuid"),
        (Fixed("c0ffee"), Column(oids.BYTEA), "bytea"),
        (Fixed("{"), Column(oids.JSONB), "jsonb"),
        (Fixed("blue"), Column(16_500, labels=("red", "green")), "none of the enum's labels"),
        (Fixed("(1,2)"), Column(oids.POINT), "no value can be given for type point"),
    ],
)
def test_a_method_that_does_not_fit_a_type_is_refused_in_words(method: AnyMethod, column: Column, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        compile_mask(method, column, KEYS, LABEL)


def test_an_enum_becomes_its_first_label_or_the_one_that_is_given() -> None:
    color = Column(16_500, labels=("red", "green"))
    assert {masked(Auto(), color, b"green"), masked(Redact(), color, b"green", BINARY)} == {b"red"}
    assert masked(Fixed("green"), color, b"red") == b"green"


def test_a_domain_whose_check_nobody_has_proven_becomes_null() -> None:
    domain = Column(oids.TEXT, is_domain=True)
    assert {masked(Auto(), domain, b"x"), masked(Redact(), domain, b"x")} == {None}
    assert masked(Partial(keep_last=1), domain, b"abc") == b"**c"
    assert masked(Partial(keep_last=1), domain, b"\xff") is None


@pytest.mark.parametrize("column", KNOWN, ids=lambda column: column.display)
def test_the_constant_of_a_type_tells_nothing_of_what_it_hides(column: Column) -> None:
    mask = row_mask(Redact(), column)
    assert len({mask.value(0, TEXT, value) for value in (b"", b"1", b"x" * 100)}) == 1
    assert len({mask.value(0, BINARY, value) for value in (b"", b"\x00" * 4, b"x" * 100)}) == 1


@pytest.mark.parametrize(
    ("method", "column", "words"),
    [
        (Hash(), Column(oids.VARCHAR, 14), "10 characters"),
        (Hash(length=15), Column(oids.TEXT), "15 characters"),
        (Hash(length=16), Column(oids.TEXT), ""),
        (Email(), Column(oids.VARCHAR, 24), "8 characters before the @"),
        (Email(), Column(oids.TEXT), ""),
        (Auto(), Column(oids.VARCHAR, 14), "10 characters"),
        (Auto(), Column(oids.INT4), ""),
        (Redact(), Column(oids.VARCHAR, 5), ""),
    ],
)
def test_a_mask_that_a_column_cuts_warns_that_it_is_no_longer_one_to_one(
    method: AnyMethod, column: Column, words: str
) -> None:
    assert words in method.warning(column)
    assert bool(words) == bool(method.warning(column))


@pytest.mark.parametrize(
    "kernel",
    [
        Kernel("sorcery"),
        Kernel("text"),
        Kernel("array"),
        Kernel("partial", fill=b""),
        Kernel("partial", fill=b"ab"),
        Kernel("partial", first=-1),
        Kernel("partial", limit=0),
        Kernel("constant", size=27),
        Kernel("constant", base=64),
        Kernel("constant", width=3),
        Kernel("constant", precision=1001),
    ],
)
def test_a_kernel_with_settings_that_it_cannot_have_is_refused(kernel: Kernel) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ColumnMask("test", kernel, (None, None))


def test_the_kernels_that_take_no_key_are_in_the_table() -> None:
    assert set(kernels()) >= UNKEYED
