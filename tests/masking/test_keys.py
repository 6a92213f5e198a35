import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from proxy.errors import ConfigError
from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.keys import Keys
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.hash import Hash
from proxy.masking.rows import RowMask
from tests.masking.columns import KEYS

TEXT = Column(oids.TEXT)


def hmac(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, SHA256())
    mac.update(message)
    return mac.finalize()


def hashed(method: Hash, keys: Keys, label: str) -> bytes | None:
    return RowMask([compile_mask(method, TEXT, keys, label)]).value(0, 0, b"mia@corp.example")


def test_a_domain_s_key_is_hkdf_of_the_version_s_key() -> None:
    extracted = hmac(bytes(32), bytes(range(32)))
    assert KEYS.derive("customer") == hmac(extracted, b"pgwarden mask 1\x00customer\x01")


def test_every_domain_and_version_has_a_key_of_its_own() -> None:
    derived = {KEYS.derive(domain, version) for domain in ("", "a", "b", "ab") for version in (1, 2)}
    assert len(derived) == 8
    assert {len(key) for key in derived} == {32}


def test_a_mask_uses_its_domain_else_its_label_and_its_version_else_the_current() -> None:
    assert hashed(Hash(), KEYS, "email") == hashed(Hash(domain="email"), KEYS, "other")
    assert hashed(Hash(), KEYS, "email") != hashed(Hash(), KEYS, "other")
    assert hashed(Hash(), KEYS, "email") == hashed(Hash(version=1), KEYS, "email")
    assert hashed(Hash(version=2), KEYS, "email") != hashed(Hash(), KEYS, "email")


def test_two_processes_with_the_same_key_mask_alike() -> None:
    again = Keys({7: bytes(range(32))}, 7)
    assert hashed(Hash(), again, "email") == hashed(Hash(), KEYS, "email")


def test_a_known_value_has_a_known_mask() -> None:
    assert hashed(Hash(), KEYS, "email") == b"c490b4011f5133bc118467e0caaac632"


@pytest.mark.parametrize(
    ("versions", "current", "words"),
    [
        pytest.param({}, 1, "no masking key of version 1", id="no key at all"),
        pytest.param({1: bytes(32)}, 2, "no masking key of version 2", id="the current one is missing"),
        pytest.param({1: bytes(31)}, 1, "version 1 does not have 32 bytes", id="a short key"),
    ],
)
def test_keys_that_are_not_whole_are_refused(versions: dict[int, bytes], current: int, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Keys(versions, current)


def test_a_method_that_names_a_missing_version_is_refused() -> None:
    with pytest.raises(ConfigError, match="no masking key of version 3"):
        compile_mask(Auto(version=3), TEXT, KEYS, "email")


def test_a_key_shows_nowhere() -> None:
    secret = Keys({1: b"\xc0\xff\xee" * 10 + b"ab"}, 1)
    shown = repr(secret) + str(secret) + repr(compile_mask(Hash(), TEXT, secret, "email"))
    assert shown == "Keys(current=1, versions=[1])" * 2 + "ColumnMask('hash')"
    assert secret.versions == (1,)
