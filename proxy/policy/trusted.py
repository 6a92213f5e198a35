"""Functions that the rules trust: `shop.norm(text)` returns what its arguments hold, and touches nothing."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function, Snapshot, Type
from proxy.model import Oid

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


def trusted_oids(entries: Iterable[TrustedFunction], snapshot: Snapshot) -> frozenset[Oid]:
    """The functions of a database that the rules trust."""
    return frozenset(function.oid for one in entries if (function := found(one.signature, snapshot)) is not None)


def found(signature: Signature, snapshot: Snapshot) -> Function | None:
    """The function that is meant. One of the server's own is not: it is judged by what it is."""
    for one in named(signature, snapshot):
        if len(one.arg_types) == len(signature.types) and all(
            _is_type(snapshot, snapshot.types.get(oid), *written)
            for oid, written in zip(one.arg_types, signature.types, strict=True)
        ):
            return one
    return None


def named(signature: Signature, snapshot: Snapshot) -> list[Function]:
    """All functions of the name."""
    return [
        one
        for one in snapshot.functions.values()
        if one.oid >= FIRST_NORMAL_OID and (one.schema, one.name) == (signature.schema, signature.name)
    ]


def _is_type(snapshot: Snapshot, known: Type | None, schema: str, name: str) -> bool:
    """Whether a type has that name; without a schema it is the server's own, or in public."""
    if known is not None and name.endswith("[]"):
        known = snapshot.types.get(known.element) if known.category == "A" and known.length == -1 else None
        name = name.removesuffix("[]")
    if known is None:
        return False
    return known.name == name and (known.schema == schema if schema else known.schema in ("pg_catalog", "public"))
