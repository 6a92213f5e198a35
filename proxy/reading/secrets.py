"""Whether a text holds a password. When in doubt it does: then neither it nor its literals are stored."""

import re
from collections.abc import Sequence

from proxy.model import Reading
from proxy.reading.words import LITERALS, Word

_CREDENTIALS = frozenset(
    f"{verb} {what}"
    for verb in ("create", "alter")
    for what in ("user mapping", "server", "subscription", "foreign data wrapper", "foreign table", "system")
)
"""Commands whose strings may be credentials."""
_ROLES = frozenset(f"{verb} {what}" for verb in ("create", "alter") for what in ("role", "user", "group"))
_FUNCTIONS = re.compile(r"crypt|hmac|digest|(pgp_(sym|pub)_(en|de)crypt(_bytea)?)|(en|de)crypt(_iv)?|dblink.*")
"""Functions of contrib modules that take a key or a connection string."""
_QUOTE = re.compile(rb"'|\$[^\d]")
_SPOKEN = re.compile(
    rb"""\b(pass(word|wd|phrase)?|pgpassword|secret|api_?key|token)\b(\s*(=|:|\$|"\s*:)|\s+'|'(?=[\w']))"""
    rb"""|://[^/\s:@]+:[^/\s@]+@""",
    re.IGNORECASE,
)
"""A word for a secret with a value behind it, in whatever syntax a string may hold; a user and password in a URI."""


def holds_secret(reading: Reading, data: bytes, words: Sequence[Word]) -> bool:
    """Judges a command by its kind, the functions it calls, and what its strings look like."""
    if reading.kind in _CREDENTIALS and any(word.kind in LITERALS for word in words):
        return True
    if reading.kind in _ROLES and any(word.key == "password" for word in words):
        return True
    text = data[words[0].start : words[-1].until]
    if _QUOTE.search(text) is None:
        return False
    calls = any(word.name is not None and _FUNCTIONS.fullmatch(word.name) for word in words)
    return calls or _SPOKEN.search(text) is not None
