"""libpg_query, PostgreSQL's own scanner and parser as a library: an oracle. Its stubs are beyond mypy, so it is Any.

It crashes the process on long flat statements: keep what it is given small.
"""

import importlib
from typing import Any

postgast: Any = importlib.import_module("postgast")


def scan(text: str) -> list[tuple[str, int, int]] | None:
    """Its tokens as (name, start, end) without comments; None where it finds an error."""
    names = {value.number: value.name for value in postgast.pg_query_pb2.Token.DESCRIPTOR.values}
    try:
        found = [(names.get(token.token, "?"), token.start, token.end) for token in postgast.scan(text).tokens]
    except postgast.PgQueryError:
        return None
    return [token for token in found if token[0] not in ("SQL_COMMENT", "C_COMMENT")]


def scan_error(text: str) -> str:
    """What its scanner complains of; empty if it does not."""
    try:
        postgast.scan(text)
    except postgast.PgQueryError as error:
        return str(error)
    return ""


def split(text: str) -> list[str] | None:
    """The commands that its grammar finds; None where it finds an error."""
    try:
        return [command.strip() for command in postgast.split(text)]
    except postgast.PgQueryError:
        return None
