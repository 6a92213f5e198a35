"""The trees that a probe brought, as a footprint."""

import codecs
from collections.abc import Sequence
from typing import Final

from proxy.analysis.ground import Ground
from proxy.analysis.tree import Node, TreeReader
from proxy.analysis.walk import footprint
from proxy.model import Command, Footprint

UNREADABLE: Final = Footprint(command=Command.NOTHING, opaque=("tree",))
TREE_BYTES: Final = 8 * 1024 * 1024


class Trees:
    """Reads trees, for one thread."""

    def __init__(self) -> None:
        self._reader = TreeReader(size_bytes=TREE_BYTES)

    def footprint(self, trees: Sequence[bytes], ground: Ground, *, client_encoding: str) -> Footprint:
        """What the trees of one statement touch and yield; opaque where one of them cannot be read."""
        try:
            nodes = [node for text in trees for node in self._read(text, ground.snapshot.encoding, client_encoding)]
        except (ValueError, LookupError):
            return UNREADABLE
        return footprint(nodes, ground)

    def _read(self, text: bytes, server: str, client: str) -> tuple[Node, ...]:
        if text.isascii() or client.upper() in (server.upper(), "SQL_ASCII") or server.upper() == "SQL_ASCII":
            return self._reader.printed(text)
        return self._reader.recoded(text.decode(codec_of(client)).encode())


def codec_of(client_encoding: str) -> str:
    """Python's name of a client encoding; what it does not know is read as Latin-1, where every byte is a letter."""
    name = CODECS.get(client_encoding.upper(), client_encoding)
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "latin-1"


CODECS: Final = {
    "SQL_ASCII": "latin-1",
    "UNICODE": "utf-8",
    "WIN1250": "cp1250",
    "WIN1251": "cp1251",
    "WIN1252": "cp1252",
    "WIN1253": "cp1253",
    "WIN1254": "cp1254",
    "WIN1255": "cp1255",
    "WIN1256": "cp1256",
    "WIN1257": "cp1257",
    "WIN1258": "cp1258",
    "WIN866": "cp866",
    "WIN874": "cp874",
    "LATIN5": "iso8859-9",
    "LATIN6": "iso8859-10",
    "LATIN7": "iso8859-13",
    "LATIN8": "iso8859-14",
    "LATIN9": "iso8859-15",
    "LATIN10": "iso8859-16",
    "EUC_CN": "gb2312",
    "UHC": "cp949",
}
"""Where PostgreSQL's name of an encoding (manual, "Character Set Support") is not one of Python's."""
