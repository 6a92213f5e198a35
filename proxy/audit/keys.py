"""The chain's key: 32 bytes in a file that only the proxy's account reads, and what is derived from it."""

import base64
import binascii
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from proxy.audit.settings import AuditSettings
from proxy.errors import ConfigError

KEY_BYTES: Final = 32
MAX_FILE_BYTES: Final = 4_096
HEX: Final = re.compile(rb"[0-9A-Fa-f]{64}")
BASE64: Final = re.compile(rb"[0-9A-Za-z+/]{43}=?")


class ChainKeys(msgspec.Struct, frozen=True):
    """What the journal is written and verified with. check: 8 bytes in each segment's head, by which a wrong key is
    told from a changed journal."""

    chain: bytes
    digests: bytes
    check: bytes

    def __repr__(self) -> str:
        return "ChainKeys()"  # never the keys


class OpenedKey(msgspec.Struct, frozen=True):
    """The key, where it is, and whether this start made it."""

    keys: ChainKeys
    path: Path
    made: bool

    def __repr__(self) -> str:
        return f"OpenedKey(path={self.path!r}, made={self.made})"


def derive(key: bytes) -> ChainKeys:
    """Separate keys for separate uses (keyed BLAKE2b as a PRF), so that none tells anything about another."""
    return ChainKeys(
        chain=_derived(key, b"pgwarden journal: chain, version 1", KEY_BYTES),
        digests=_derived(key, b"pgwarden journal: value digests, version 1", KEY_BYTES),
        check=_derived(key, b"pgwarden journal: key check, version 1", 8),
    )


def open_key(settings: AuditSettings, *, others: Iterable[bytes] = ()) -> OpenedKey:
    """The key in force. Made on first start unless the settings name a file. others: keys for other uses, the mask
    keys; the journal's must not be one of them. Raises ConfigError: no key, not a key, or one of the others."""
    path = settings.key_path
    made = settings.key is None and not path.exists() and _make(path)
    key = _read(path)
    if key in set(others):
        raise ConfigError(
            "the journal's key is also a mask key",
            place=str(path),
            hint="Give audit.key a file of its own: whoever verifies the journal would learn what masks hide",
        )
    return OpenedKey(derive(key), path, made)


def read_key(settings: AuditSettings) -> ChainKeys:
    """The key for reading; never made. Raises ConfigError: there is none, or it is not a key."""
    return read_key_file(settings.key_path)


def read_key_file(path: Path) -> ChainKeys:
    """As read_key, from a file."""
    return derive(_read(path))


def sync_directory(directory: Path) -> None:
    """The names in a folder are on disk. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _derived(key: bytes, use: bytes, size: int) -> bytes:
    return hashlib.blake2b(use, key=key, digest_size=size).digest()


def _make(path: Path) -> bool:
    """Create the key file, whole or not at all: several workers may start at once. True: this call made it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(KEY_BYTES).hex().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            Path(draft).unlink()
        sync_directory(path.parent)
    except OSError as error:
        hint = "Let the proxy's account write there, or name a key file with audit.key"
        raise ConfigError(f"the journal's key cannot be made: {error.strerror}", place=str(path), hint=hint) from None
    return True


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"the journal's key cannot be read: {error.strerror}",
            place=str(path),
            hint="Name it with audit.key, or with --key where a command has it",
        ) from None
    if (key := _decoded(content)) is None:
        raise ConfigError(f"expected a key here: {KEY_BYTES} bytes, raw, in hex or in base64", place=str(path))
    return key


def _decoded(content: bytes) -> bytes | None:
    text = content.strip()
    if len(content) == KEY_BYTES:
        return content
    if HEX.fullmatch(text):
        return bytes.fromhex(text.decode())
    if BASE64.fullmatch(text):
        try:
            key = base64.b64decode(text.rstrip(b"=") + b"=", validate=True)
        except binascii.Error:
            return None
        return key if len(key) == KEY_BYTES else None
    return None
