import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.hash import Hash
from proxy.masking.methods.partial import Partial
from tests.masking.columns import BINARY, KEYS, LABEL, TEXT, masked
from tests.reference import masks

KEY = KEYS.derive(LABEL)
ANY = Column(oids.TEXT)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
words = st.text(st.sampled_from("aé日😀 "), min_size=1, max_size=12)


def varchar(length: int) -> Column:
    return Column(oids.VARCHAR, length + 4)


def bpchar(length: int) -> Column:
    return Column(oids.BPCHAR, length + 4)


@pytest.mark.parametrize(
    ("value", "first", "last", "shown"),
    [
        pytest.param("4111111111111111", 0, 4, "************1111", id="the last four of a card"),
        pytest.param("mia@corp.example", 1, 0, "m***************", id="the first of an address"),
        pytest.param("Grüße", 1, 1, "G***e", id="characters, not bytes"),
        pytest.param("日本語", 1, 0, "日**", id="characters of three bytes"),
        pytest.param("abcd", 0, 4, "****", id="all would be kept, so none is"),
        pytest.param("abcd", 2, 2, "****", id="both ends meet"),
        pytest.param("abcd", 3, 3, "****", id="both ends overlap"),
        pytest.param("abcde", 2, 2, "ab*de", id="one character between"),
        pytest.param("x", 0, 0, "*", id="nothing is kept"),
        pytest.param("", 0, 4, "redacted", id="an empty text has nothing to fill"),
    ],
)
def test_partial_keeps_the_ends_of_a_text(value: str, first: int, last: int, shown: str) -> None:
    assert masked(Partial(keep_first=first, keep_last=last), ANY, value.encode()) == shown.encode()


def test_partial_fills_a_character_column_up_and_does_not_count_its_padding() -> None:
    assert masked(Partial(keep_last=2), bpchar(8), b"abcde   ") == b"***de   "


@pytest.mark.parametrize("value", [b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"ok\x80ok12"])
def test_partial_redacts_what_is_not_utf_8(value: bytes) -> None:
    assert masked(Partial(keep_last=2), ANY, value) == b"redacted"


@given(value=texts.filter(bool), first=st.integers(0, 6), last=st.integers(0, 6), fill=st.sampled_from("*é日😀"))
@example(value="12345678é", first=0, last=1, fill="*")
def test_partial_agrees_with_the_reference(value: str, first: int, last: int, fill: str) -> None:
    expected = masks.partial(value, first, last, fill)
    method = Partial(keep_first=first, keep_last=last, fill=fill)
    assert (masked(method, ANY, value.encode()) or b"").decode() == expected


@given(value=texts, limit=st.integers(1, 40))
def test_auto_agrees_with_the_reference(value: str, limit: int) -> None:
    expected = masks.text(KEY, value, limit).encode()
    assert masked(Auto(), varchar(limit), value.encode()) == expected
    assert masked(Auto(), varchar(limit), value.encode(), BINARY) == expected


@given(value=texts, size=st.integers(1, 26), encoding=st.sampled_from(["hex", "base32"]), limit=st.integers(1, 40))
def test_hash_agrees_with_the_reference(value: str, size: int, encoding: str, limit: int) -> None:
    method = Hash(encoding="hex" if encoding == "hex" else "base32", length=size)
    expected = masks.digest(KEY, value, encoding, min(size, limit))
    assert masked(method, varchar(limit), value.encode()) == expected.encode()


def test_a_whole_hash_is_the_whole_digest() -> None:
    assert masked(Hash(), ANY, b"mia") == masks.tag(KEY, b"mia").hex().encode()
    assert masked(Hash(encoding="base32"), ANY, b"mia") == masks.base32(KEY, b"mia", 26).encode()


@given(value=texts, limit=st.integers(13, 60))
def test_email_agrees_with_the_reference(value: str, limit: int) -> None:
    expected = masks.base32(KEY, value.encode(), min(16, limit - 12)) + "@example.com"
    assert masked(Email(), varchar(limit), value.encode()) == expected.encode()


@pytest.mark.parametrize(
    "value", ["mia@corp.example", "a.b+c@x-1.example", '"odd one"@corp.example', "m@localhost", "ж@b.de"]
)
def test_email_keeps_the_domain_where_asked(value: str) -> None:
    expected = masks.base32(KEY, value.encode(), 16) + "@" + value.partition("@")[2]
    assert masked(Email(keep_domain=True), ANY, value.encode()) == expected.encode()


@pytest.mark.parametrize(
    "value", ["", "mia", "@corp.example", "mia@", "a@b@c", "mia@secret words", "mia@.de", "mia@de.", "a@b..c", "a@ж.de"]
)
def test_what_is_no_mail_address_keeps_no_domain(value: str) -> None:
    assert masked(Email(keep_domain=True), ANY, value.encode()) == b"redacted"


def test_a_domain_that_leaves_no_room_is_not_kept() -> None:
    assert masked(Email(keep_domain=True), varchar(16), b"a@corp.example") == masks.base32(
        KEY, b"a@corp.example", 3
    ).encode() + (b"@corp.example")
    assert masked(Email(keep_domain=True), varchar(13), b"a@corp.example") == b"redacted"


@given(value=words, width=st.integers(12, 30))
def test_a_padded_text_masks_as_the_text_without_its_padding(value: str, width: int) -> None:
    bare = value.rstrip(" ")
    expected = masks.text(KEY, bare, width).ljust(width)
    assert masked(Auto(), bpchar(width), value.ljust(width).encode()) == expected.encode()


def test_spaces_at_the_end_of_a_text_that_is_not_padded_are_part_of_it() -> None:
    assert masked(Auto(), ANY, b"abc ") != masked(Auto(), ANY, b"abc")


@pytest.mark.parametrize(("shown", "sent"), [(b"r", b"r"), (b"", b"\x00"), (b"\\351", b"\xe9"), (b"\xe9", b"\xe9")])
def test_a_char_becomes_one_letter_alike_in_both_formats(shown: bytes, sent: bytes) -> None:
    column = Column(oids.CHAR)
    letter = masked(Auto(), column, shown, TEXT) or b""
    assert letter == masked(Auto(), column, sent, BINARY)
    assert letter.isalpha()
    assert len(letter) == 1


def test_citext_is_a_text_whatever_its_oid() -> None:
    column = Column(16385, type_name="citext")
    assert masked(Partial(keep_last=1), column, b"mia") == b"**a"


def test_a_text_of_many_megabytes_is_masked() -> None:
    value = ("é" * 5_000_000).encode()
    assert masked(Partial(keep_last=1), ANY, value) == b"*" * 4_999_999 + "é".encode()
    assert masked(Auto(), ANY, value) == masks.text(KEY, "é" * 5_000_000, 16).encode()
