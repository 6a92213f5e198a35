"""The masking keys, by version, and what is derived from them. A key never leaves the process, in no repr and no log.

A domain's key is HKDF-SHA256 (RFC 5869) of the version's key, with the domain's name as info: who knows the key of one
domain learns nothing of another's, and equal values of two domains cannot be linked."""

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proxy.errors import ConfigError

KEY_BYTES: Final = 32
LABEL: Final = b"pgwarden mask 1\x00"


class Keys:
    """Every masking key. current: the version that a mask uses which names none. Raises ConfigError: no key of the
    current version, a key of another length than 32 bytes."""

    __slots__ = ("_versions", "current")

    def __init__(self, versions: Mapping[int, bytes], current: int) -> None:
        if current not in versions:
            raise ConfigError(f"there is no masking key of version {current}, the current one")
        for version, key in versions.items():
            if len(key) != KEY_BYTES:
                raise ConfigError(f"the masking key of version {version} does not have {KEY_BYTES} bytes")
        self._versions, self.current = dict(versions), current

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that there are, oldest first."""
        return tuple(sorted(self._versions))

    def derive(self, domain: str, version: int | None = None) -> bytes:
        """The key of a domain, 32 bytes, for AES-256. Raises ConfigError: no key of that version."""
        wanted = self.current if version is None else version
        if (key := self._versions.get(wanted)) is None:
            raise ConfigError(f"there is no masking key of version {wanted}", hint="List it under keys.")
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=LABEL + domain.encode()).derive(key)

    def __repr__(self) -> str:
        return f"Keys(current={self.current}, versions={list(self.versions)})"
