"""Functions that the rules trust: `shop.norm(text)` returns what its arguments hold, and touches nothing."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

NAME: Final = r'(?:"(?:[^"]|"")+"|[^."()\s]+)'
WORDS: Final = r'(?:"(?:[^"]|"")+"|[^."\[\]()]+)'
FORM: Final = re.compile(rf"(?P<schema>{NAME})\.(?P<name>{NAME})\((?P<types>.*)\)")
TYPE: Final = re.compile(rf"(?:(?P<schema>{WORDS})\.)?(?P<name>{WORDS})(?P<array>\[\])?")
ALIASES: Final[Mapping[str, str]] = {  # names of the SQL standard, and what pg_type calls them
    "bigint": "int8",
    "bit varying": "varbit",
    "boolean": "bool",
    "char": "bpchar",
    "character": "bpchar",
    "character varying": "varchar",
    "dec": "numeric",
    "decimal": "numeric",
    "double precision": "float8",
    "float": "float8",
    "int": "int4",
    "integer": "int4",
    "real": "float4",
    "smallint": "int2",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
}
EXAMPLE: Final = "For example shop.norm(text, int[])."


class Signature(msgspec.Struct, frozen=True):
    """A function by name and argument types. A type's schema is "" where none is given."""

    schema: str
    name: str
    types: tuple[tuple[str, str], ...]
    text: str = ""

    def __str__(self) -> str:
        return self.text


class TrustedFunction(msgspec.Struct, frozen=True):
    """An entry of `functions.trusted`."""

    signature: Signature
    place: str = ""


def signature_of(text: str) -> Signature:
    """schema.name(type, …). Raises ValueError where it is not one."""
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError("expected schema.name(type, …), the types of all arguments in their order")
    types = [one.strip() for one in found["types"].split(",")] if found["types"].strip() else []
    return Signature(_plain(found["schema"]), _plain(found["name"]), tuple(map(_type, types)), text)


def _type(text: str) -> tuple[str, str]:
    found = TYPE.fullmatch(re.sub(r"\s+", " ", text))
    if found is None:
        raise ValueError(f'"{text}" is not the name of a type')
    name = _plain(found["name"])
    if found["schema"] is None and '"' not in found["name"]:
        name = ALIASES.get(name, name)
    return _plain(found["schema"] or ""), name + (found["array"] or "")


def _plain(part: str) -> str:
    """As the server reads a name: folded where it is not quoted."""
    return part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()
