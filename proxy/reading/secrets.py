"""Whether a text holds a password. When in doubt it does: then neither it nor its literals are stored."""

import re
from collections.abc import Sequence

from proxy.model import Reading
from proxy.reading.words import LITERALS, STRING, Word, decode

_ALWAYS = frozenset(
    f"{verb} {what}"
    for verb in ("create", "alter")
    for what in ("user mapping", "server", "subscription", "foreign data wrapper", "foreign table")
)
"""Commands whose options may be credentials."""
_ROLES = frozenset(f"{verb} {what}" for verb in ("create", "alter") for what in ("role", "user", "group"))
_FUNCTIONS = re.compile(r"crypt|hmac|digest|(pgp_(sym|pub)_(en|de)crypt(_bytea)?)|(en|de)crypt(_iv)?|dblink.*")
"""Functions of contrib modules that take a key or a connection string."""
_IN_STRING = re.compile(
    r"""\b(pass(word|wd|phrase)?|pgpassword|secret|api_?key|token)\b\s*(=|:|'|\$|"\s*:)|\bpassword\b|://[^/\s:@]+:[^/\s@]+@""",
    re.IGNORECASE,
)


def holds_secret(reading: Reading, data: bytes, words: Sequence[Word]) -> bool:
    """Judges a command by its kind, the functions it calls, and what its strings look like."""
    if reading.kind in _ALWAYS or (reading.kind == "alter system" and _strings(words)):
        return True
    if reading.kind in _ROLES and any(word.key == "password" for word in words):
        return True
    if any(word.name and _FUNCTIONS.fullmatch(word.name) for word in words) and _strings(words):
        return True
    return any(_IN_STRING.search(decode(data[word.start : word.end])) for word in words if word.kind == STRING)


def _strings(words: Sequence[Word]) -> bool:
    return any(word.kind in LITERALS for word in words)
