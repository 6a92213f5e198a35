"""The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), for a connection of our own that speaks in frames."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

from proxy.errors import ProtocolViolation

MECHANISM: Final = b"SCRAM-SHA-256"
_NO_BINDING: Final = b"n,,"
_NONCE_BYTES: Final = 18
_MOST_ROUNDS: Final = 10_000_000
"""A server that asks for more wants to keep us busy."""


class Scram:
    """One exchange: first(), then final(challenge), then check(outcome)."""

    def __init__(self, password: str) -> None:
        self._password = unicodedata.normalize("NFKC", password).encode()
        self._nonce = base64.b64encode(secrets.token_bytes(_NONCE_BYTES))
        self._bare = b"n=,r=" + self._nonce
        self._server_key, self._signed = b"", b""

    def first(self) -> bytes:
        """client-first-message; the server knows the user from the startup."""
        return _NO_BINDING + self._bare

    def final(self, challenge: bytes) -> bytes:
        """client-final-message. Raises ProtocolViolation: the server's nonce is not ours, or its numbers are none."""
        said = _attributes(challenge)
        nonce, salt, rounds = said.get(b"r", b""), base64.b64decode(said.get(b"s", b"")), said.get(b"i", b"")
        if not nonce.startswith(self._nonce) or not rounds.isdigit() or not 0 < int(rounds) <= _MOST_ROUNDS:
            raise ProtocolViolation("the server's SCRAM challenge is not an answer to ours")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, int(rounds))
        self._server_key = _mac(salted, b"Server Key")
        client_key = _mac(salted, b"Client Key")
        without_proof = b"c=" + base64.b64encode(_NO_BINDING) + b",r=" + nonce
        self._signed = b",".join((self._bare, challenge, without_proof))
        signature = _mac(hashlib.sha256(client_key).digest(), self._signed)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        return without_proof + b",p=" + base64.b64encode(proof)

    def check(self, outcome: bytes) -> None:
        """Raises ProtocolViolation: the server does not know the password, so it is not ours."""
        expected = base64.b64encode(_mac(self._server_key, self._signed))
        if not hmac.compare_digest(_attributes(outcome).get(b"v", b""), expected):
            raise ProtocolViolation("the server could not prove that it knows the password")


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _attributes(message: bytes) -> dict[bytes, bytes]:
    return {part[:1]: part[2:] for part in message.split(b",")}
