import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from proxy.masking.aes import Aes, engines
from tests.reference.masks import tag

KEY_128 = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
KEY_256 = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
ENGINES = pytest.mark.parametrize("engine", engines())
keys = st.binary(min_size=16, max_size=16) | st.binary(min_size=32, max_size=32)


@ENGINES
@pytest.mark.parametrize(
    ("key", "encrypted"),
    [
        pytest.param(range(16), "69c4e0d86a7b0430d8cdb78070b4c55a", id="appendix C.1, 128 bits"),
        pytest.param(range(32), "8ea2b7ca516745bfeafc49904b496089", id="appendix C.3, 256 bits"),
    ],
)
def test_a_block_is_encrypted_as_fips_197_says(engine: str, key: range, encrypted: str) -> None:
    block = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert Aes(bytes(key), engine).encrypt(block).hex() == encrypted


@ENGINES
@pytest.mark.parametrize(
    ("key", "length", "digest"),
    [
        pytest.param(KEY_128, 0, "bb1d6929e95937287fa37d129b756746", id="AES-128, example 1"),
        pytest.param(KEY_128, 16, "070a16b46b4d4144f79bdd9dd04a287c", id="AES-128, example 2"),
        pytest.param(KEY_128, 20, "7d85449ea6ea19c823a7bf78837dfade", id="AES-128, example 3"),
        pytest.param(KEY_128, 64, "51f0bebf7e3b9d92fc49741779363cfe", id="AES-128, example 4"),
        pytest.param(KEY_256, 0, "028962f61b7bf89efc6b551f4667d983", id="AES-256, example 1"),
        pytest.param(KEY_256, 16, "28a7023f452e8f82bd4bf28d8c37c35c", id="AES-256, example 2"),
        pytest.param(KEY_256, 20, "156727dc0878944a023c1fe03bad6d93", id="AES-256, example 3"),
        pytest.param(KEY_256, 64, "e1992190549f6ed5696a2c056c315410", id="AES-256, example 4"),
    ],
)
def test_a_message_is_digested_as_sp_800_38b_says(engine: str, key: bytes, length: int, digest: str) -> None:
    assert Aes(key, engine).digest(MESSAGE[:length]).hex() == digest


@ENGINES
@given(key=keys, block=st.binary(min_size=16, max_size=16))
def test_encryption_agrees_with_another_library(engine: str, key: bytes, block: bytes) -> None:
    other = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  one block is what the mode is for
    assert Aes(key, engine).encrypt(block) == other.update(block)


@ENGINES
@given(key=keys, message=st.binary(max_size=80))
def test_the_digest_agrees_with_another_library(engine: str, key: bytes, message: bytes) -> None:
    assert Aes(key, engine).digest(message) == tag(key, message)


@ENGINES
@given(key=keys, pieces=st.lists(st.binary(max_size=40), max_size=6))
def test_a_message_in_pieces_has_the_digest_of_the_whole(engine: str, key: bytes, pieces: list[bytes]) -> None:
    assert Aes(key, engine).digest_pieces(pieces) == tag(key, b"".join(pieces))


@pytest.mark.parametrize("length", [0, 15, 17, 24, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 or 32 bytes"):
        Aes(bytes(length))


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="engine"):
        Aes(bytes(16), "abacus")


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_block_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Aes(bytes(16)).encrypt(bytes(length))


def test_a_key_shows_in_no_repr() -> None:
    assert KEY_256.hex() not in repr(Aes(KEY_256))
