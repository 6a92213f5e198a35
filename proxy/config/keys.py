"""The section `keys`: 32 bytes each, by version, from a file or the environment, raw, in hex or in base64."""

import base64
import binascii
import os
import re
from collections.abc import Mapping as MappingType
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from proxy.config.document import Mapping, Node, Scalar
from proxy.config.problems import Place, did_you_mean, shown

if TYPE_CHECKING:
    from proxy.config.decode import Decoder, Missing

KEY_BYTES: Final = 32
MAX_KEY_FILE: Final = 4_096
MAX_VERSION: Final = 65_535
HEX: Final = re.compile(rb"[0-9A-Fa-f]{64}")
BASE64: Final = re.compile(rb"[0-9A-Za-z+/_-]{43}=?")
FORMS: Final = "32 bytes, raw or written in hex or base64"


class KeySection(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Every key by its version, and the version that new masks use. Its repr shows no key."""

    current: int
    versions: MappingType[int, bytes]

    def __repr__(self) -> str:
        return f"KeySection(current={self.current}, versions={sorted(self.versions)})"

    @classmethod
    def decode_node(cls, node: Node, decoder: "Decoder") -> "KeySection | Missing":
        """The section, or problems: each with the way out."""
        if not isinstance(node, Mapping):
            return decoder.fault(node.place, "expected keys and values here", "For example {current: 1, 1: {file: …}}.")
        versions: dict[int, bytes] = {}
        whole = True
        for name, item in node.entries:
            if name.text == "current":
                continue
            key = _key(name, item, decoder)
            whole = whole and key is not None
            versions[_version(name)] = key or b""
        current = node.get("current")
        if not isinstance(current, Scalar):
            return decoder.fault(node.place, "current is missing: the version of the key that new masks use")
        if _version(current) not in versions:
            return decoder.fault(
                current.place, f"there is no key of version {current.display}", "List it beside current."
            )
        return cls(_version(current), MappingProxyType(versions)) if whole else decoder.missing


def make_a_key(path: Path) -> str:
    """The command that makes a key file, for hints."""
    return f"Make one: (umask 077; head -c {KEY_BYTES} /dev/urandom > {shown(path)})"


def key_of(content: bytes) -> bytes | None:
    """The key that a file or variable holds; None where it is not one."""
    text = content.strip()
    if len(content) == KEY_BYTES:
        key = content
    elif HEX.fullmatch(text):
        key = bytes.fromhex(text.decode())
    elif BASE64.fullmatch(text):
        try:
            key = base64.b64decode(text.rstrip(b"=") + b"=", altchars=b"-_" if set(text) & set(b"-_") else None)
        except binascii.Error:
            return None
    else:
        return None
    return key if len(key) == KEY_BYTES and len(set(key)) > 1 else None


def _version(scalar: Scalar) -> int:
    value = scalar.value
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_VERSION else 0


def _key(name: Scalar, item: Node, decoder: "Decoder") -> bytes | None:
    if not _version(name):
        decoder.fault(name.place, f"unknown key {name.display}: here stand current and versions, 1 to {MAX_VERSION}")
        return None
    if isinstance(item, Scalar) and item.hidden:
        return _checked(item.place, item.text.encode(), "the value", decoder)
    if not isinstance(item, Mapping) or len(item.entries) != 1:
        decoder.fault(item.place, "expected {file: PATH} or {env: NAME} here")
        return None
    (kind, value), *_ = item.entries
    if kind.text not in {"file", "env"}:
        decoder.fault(kind.place, f"unknown key {kind.display}", did_you_mean(kind.text, ["file", "env"]))
        return None
    if not isinstance(value, Scalar):
        decoder.fault(value.place, "expected a single value here")
        return None
    return _from_file(value, decoder) if kind.text == "file" else _from_environment(value, decoder)


def _from_file(value: Scalar, decoder: "Decoder") -> bytes | None:
    path = decoder.directory / Path(value.text).expanduser()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_KEY_FILE)
            mode = os.fstat(file.fileno()).st_mode
    except FileNotFoundError:
        decoder.fault(value.place, f"the key file {shown(path)} is not there", make_a_key(path))
        return None
    except OSError as error:
        hint = "Let the account that runs pgwarden read it, and no other."
        decoder.fault(value.place, f"the key file {shown(path)} cannot be read: {error.strerror}", hint)
        return None
    if mode & 0o077:
        decoder.problems.warning(
            value.place, f"other accounts may read the key file {shown(path)}", f"Close it: chmod 600 {shown(path)}"
        )
    return _checked(value.place, content, f"the key file {shown(path)}", decoder, make_a_key(path))


def _from_environment(value: Scalar, decoder: "Decoder") -> bytes | None:
    if (text := os.environb.get(value.text.encode())) is None:
        hint = f"Set it: export {value.text}=$(head -c {KEY_BYTES} /dev/urandom | base64)"
        decoder.fault(value.place, f"the environment variable {value.text} is not set", hint)
        return None
    return _checked(value.place, text, f"the environment variable {value.text}", decoder)


def _checked(place: Place, content: bytes, what: str, decoder: "Decoder", hint: str = "") -> bytes | None:
    if (key := key_of(content)) is None:
        decoder.fault(place, f"{what} does not hold a key: expected {FORMS}", hint)
    return key
