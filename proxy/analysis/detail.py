"""The trees in the DETAILs of a probe, whatever encoding the client speaks."""

from collections.abc import Iterable
from typing import Final

from proxy.analysis.tree import Node, TreeReader

MIXED: Final = {  # a byte of a longer character may be one of ASCII's (manual, "Character Set Support")
    "BIG5": "big5",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "JOHAB": "johab",
    "SHIFT_JIS_2004": "shift_jis_2004",
    "SJIS": "cp932",
    "UHC": "cp949",
}
PLAIN: Final = frozenset(
    [
        *(
            "EUC_CN",
            "EUC_JIS_2004",
            "EUC_JP",
            "EUC_KR",
            "EUC_TW",
            "KOI8R",
            "KOI8U",
            "MULE_INTERNAL",
            "UTF8",
            "WIN866",
            "WIN874",
        ),
        *(f"LATIN{number}" for number in range(1, 11)),
        *(f"ISO_8859_{number}" for number in range(5, 9)),
        *(f"WIN{number}" for number in range(1250, 1259)),
    ]
)


def read_details(
    details: Iterable[bytes], reader: TreeReader, client_encoding: str, server_encoding: str
) -> tuple[Node, ...]:
    """Every top-level node of every DETAIL, in order. The encodings are named as the server names them. Raises
    ValueError: no tree, over a limit, ambiguous, or in an encoding that is not understood."""
    return tuple(
        node for detail in details for node in _read(detail, reader, client_encoding.upper(), server_encoding.upper())
    )


def _read(detail: bytes, reader: TreeReader, client: str, server: str) -> tuple[Node, ...]:
    """The server cuts lines and escapes bytes in its own encoding, then converts."""
    if detail.isascii() or client == server or "SQL_ASCII" in (client, server):
        return reader.printed(detail)
    if client in PLAIN:
        return reader.recoded(detail)
    if client not in MIXED:
        raise ValueError("tree: in an encoding that is not known")
    return reader.recoded(detail.decode(MIXED[client]).encode())
