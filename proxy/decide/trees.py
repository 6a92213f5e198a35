"""The trees that a probe brought, as a footprint."""

from collections.abc import Sequence
from typing import Final

from proxy.analysis.ground import Ground
from proxy.analysis.tree import Node, TreeReader
from proxy.analysis.walk import footprint
from proxy.catalog.encodings import codec_of
from proxy.model import Command, Footprint

UNREADABLE: Final = Footprint(command=Command.NOTHING, opaque=("tree",))
TREE_BYTES: Final = 8 * 1024 * 1024
"""Of all trees of a statement: some fifty thousand literals, a tenth of a second to read. What is larger is opaque."""


class Trees:
    """Reads trees, for one thread."""

    def __init__(self) -> None:
        self._reader = TreeReader(size_bytes=TREE_BYTES)

    def footprint(self, trees: Sequence[bytes], ground: Ground, *, client_encoding: str) -> Footprint:
        """What the trees of one statement touch and yield; opaque where one of them cannot be read."""
        if sum(map(len, trees)) > TREE_BYTES:
            return UNREADABLE
        try:
            nodes = [node for text in trees for node in self._read(text, ground.snapshot.encoding, client_encoding)]
        except (ValueError, LookupError):
            return UNREADABLE
        return footprint(nodes, ground)

    def _read(self, text: bytes, server: str, client: str) -> tuple[Node, ...]:
        if text.isascii() or client.upper() in (server.upper(), "SQL_ASCII") or server.upper() == "SQL_ASCII":
            return self._reader.printed(text)
        return self._reader.recoded(text.decode(codec_of(client)).encode())
