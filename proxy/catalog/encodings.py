"""Python's names of PostgreSQL's encodings. Pure."""

import codecs
from typing import Final


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
