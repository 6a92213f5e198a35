"""The masks of what PostgreSQL stores and shows as a text: a definition without its constants, a comment or nothing."""

import struct
from collections.abc import Iterable
from itertools import accumulate

from proxy.masking.kernels import ColumnMask
from proxy.masking.plan import CONSTANT, NOTHING, Kernel


def definition_mask(known: Iterable[bytes]) -> ColumnMask:
    """Each constant becomes another of its kind, but in the texts that are known, word for word, to hold none that
    matters."""
    return ColumnMask("definition", Kernel("definition"), NOTHING, None, _held(known))


def comment_mask(known: Iterable[bytes]) -> ColumnMask:
    """NULL, but for the texts that are known."""
    return ColumnMask("definition", Kernel("known"), NOTHING, None, _held(known))


def _held(known: Iterable[bytes]) -> ColumnMask:
    """The texts as the kernel looks them up (proxy/masking/definition.pyx)."""
    texts = sorted(set(known))
    ends = list(accumulate(map(len, texts), initial=4 + 4 * (len(texts) + 1)))
    return ColumnMask(
        "definition", CONSTANT, (struct.pack(f"!I{len(ends)}I", len(texts), *ends) + b"".join(texts), None)
    )
