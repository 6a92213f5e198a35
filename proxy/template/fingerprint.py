"""A stable name for a template, for records and metrics."""

import hashlib


def fingerprint(template: bytes) -> str:
    """16 hex digits that stay the same between runs, machines and releases. Not a secret, not keyed."""
    return hashlib.blake2b(template, digest_size=8).hexdigest()
