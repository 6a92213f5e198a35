"""Trusted functions meet a catalog: which functions of one database the rules mean."""

from collections.abc import Iterable

from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function, Snapshot, Type
from proxy.model import Oid
from proxy.policy.trusted import Signature, TrustedFunction


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
