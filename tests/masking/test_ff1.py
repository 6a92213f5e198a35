"""FF1 against NIST's samples and against the book."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.masking.ff1 import DIGITS, FF1
from tests.reference import ff1

KEY_128 = "2b7e151628aed2a6abf7158809cf4f3c"
KEY_192 = KEY_128 + "ef4359d8d580aa4f"
KEY_256 = KEY_192 + "7f036d6f04fc6a94"
TEN = "39383736353433323130"
ELEVEN = "3737373770717273373737"
SAMPLES = [  # NIST, "FF1samples.pdf" of SP 800-38G
    (KEY_128, 10, "", "0123456789", "2433477484"),
    (KEY_128, 10, TEN, "0123456789", "6124200773"),
    (KEY_128, 36, ELEVEN, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (KEY_192, 10, "", "0123456789", "2830668132"),
    (KEY_192, 10, TEN, "0123456789", "2496655549"),
    (KEY_192, 36, ELEVEN, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (KEY_256, 10, "", "0123456789", "6657667009"),
    (KEY_256, 10, TEN, "0123456789", "1001623463"),
    (KEY_256, 36, ELEVEN, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
]


@pytest.mark.parametrize(("key", "radix", "tweak", "text", "expected"), SAMPLES)
def test_the_samples_of_nist(key: str, radix: int, tweak: str, text: str, expected: str) -> None:
    assert FF1(bytes.fromhex(key), radix).encrypt(bytes.fromhex(tweak), text) == expected


@st.composite
def messages(draw: st.DrawFn) -> tuple[int, list[int]]:
    radix = draw(st.integers(2, 256))
    least = next(count for count in range(2, 8) if radix**count >= 100)
    return radix, draw(
        st.lists(st.integers(0, radix - 1), min_size=least, max_size=draw(st.sampled_from([20, 120, 512])))
    )


@given(messages(), st.sampled_from([16, 24, 32]), st.binary(max_size=256), st.randoms())
def test_it_encrypts_as_the_book_says_and_the_book_finds_the_way_back(
    message: tuple[int, list[int]], size: int, tweak: bytes, chance: object
) -> None:
    radix, digits = message
    key = bytes(range(size))
    alphabet = "".join(chr(0x100 + value) for value in range(radix))
    text = "".join(alphabet[value] for value in digits)
    masked = FF1(key, radix, alphabet).encrypt(tweak, text)
    found = [alphabet.index(character) for character in masked]
    assert found == ff1.encrypt(key, radix, tweak, digits)
    assert ff1.decrypt(key, radix, tweak, found) == digits


def test_no_two_texts_share_a_counterpart() -> None:
    cipher = FF1(bytes(16), 10)
    assert len({cipher.encrypt(b"", f"{number:04d}") for number in range(10_000)}) == 10_000


def test_another_tweak_is_another_permutation() -> None:
    cipher = FF1(bytes(16), 10)
    assert cipher.encrypt(b"a", "0123456789") != cipher.encrypt(b"b", "0123456789")


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        FF1(key, 10)


@pytest.mark.parametrize(("radix", "alphabet"), [(1, None), (63, None), (257, None), (3, "ab"), (3, "aab"), (0, "")])
def test_a_radix_without_an_alphabet_is_refused(radix: int, alphabet: str | None) -> None:
    with pytest.raises(ValueError, match="radix"):
        FF1(bytes(16), radix, alphabet)


@pytest.mark.parametrize(
    ("tweak", "text"), [(b"", "1"), (b"", "0" * 513), (b"", "12a"), (b"", ""), (bytes(257), "0123456789")]
)
def test_a_text_that_it_cannot_take_is_refused(tweak: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=r"text|tweak"):
        FF1(bytes(16), 10).encrypt(tweak, text)


def test_the_digits_are_those_of_the_samples() -> None:
    assert DIGITS.startswith("0123456789abcdefghijklmnopqrstuvwxyz")
