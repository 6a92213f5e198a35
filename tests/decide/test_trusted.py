"""Trusted functions: what an entry says, and which function of a database it means."""

import pytest

from proxy.catalog.loader import load
from proxy.catalog.snapshot import Snapshot
from proxy.decide.trusted import found, trusted_oids
from proxy.model import Oid
from proxy.policy.trusted import TrustedFunction, signature_of
from tests.servers import Database

MADE = [
    "create schema shop",
    'create schema "Odd"',
    "create type shop.address as (a int)",
    "create domain shop.mail as text",
    'create type "Odd"."T y" as enum (\'x\')',
    "create function shop.norm(text) returns text language plpgsql as 'begin return 1; end'",
    "create function shop.norm(varchar, int[]) returns text language plpgsql as 'begin return 1; end'",
    "create function shop.norm() returns text language plpgsql as 'begin return 1; end'",
    "create function shop.norm(shop.mail, out x int) language plpgsql as 'begin return; end'",
    "create function shop.norm(float8, timestamptz, \"char\", char) returns text language plpgsql as 'begin end'",
    'create function "Odd"."No(r)m"("Odd"."T y", shop.address[]) returns text language plpgsql as \'begin end\'',
    "create function public.upper(text) returns text language plpgsql as 'begin return 1; end'",
]
MEANT = [
    ("shop.norm(text)", ("text",)),
    ("SHOP.Norm( TEXT )", ("text",)),
    ("shop.norm(character  varying, integer[])", ("varchar", "_int4")),
    ("shop.norm()", ()),
    ("shop.norm(shop.mail)", ("mail",)),
    (
        'shop.norm(double precision, timestamp with time zone, "char", char)',
        ("float8", "timestamptz", "char", "bpchar"),
    ),
    ('"Odd"."No(r)m"("Odd"."T y", shop.address[])', ("T y", "_address")),
    ("public.upper(text)", ("text",)),
]
MISSED = [
    "shop.norm(mail)",
    "shop.norm(int)",
    "shop.norm(text, text)",
    "pg_catalog.query_to_xml(text, bool, bool, text)",
]
MISSED += ['"Shop".norm(text)', "shop.norm(text[])", "shop.norm(public.text)", "shop.nrm(text)"]


async def catalog_of(database: Database) -> Snapshot:
    """Its catalog."""
    return await load(await database.connect())


@pytest.mark.parametrize(
    "text", ["norm(text)", "shop.norm", "shop.norm(text", "a.b.c(text)", "s.f(,)", "s.f(varchar(9))"]
)
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|not the name"):
        signature_of(text)


async def test_an_entry_means_one_function_by_schema_name_and_argument_types(any_database: Database) -> None:
    any_database.run(*MADE)
    snapshot = await catalog_of(any_database)
    for text, types in MEANT:
        function = found(signature_of(text), snapshot)
        assert function is not None, text
        assert tuple(snapshot.types[oid].name for oid in function.arg_types) == types
    assert [text for text in MISSED if found(signature_of(text), snapshot) is not None] == []


async def test_only_what_is_found_is_trusted(any_database: Database) -> None:
    any_database.run(*MADE)
    snapshot = await catalog_of(any_database)
    entries = [TrustedFunction(signature_of(text)) for text in ("shop.norm(text)", "shop.norm(int)")]
    assert len(trusted_oids(entries, snapshot)) == 1
    assert trusted_oids(entries, snapshot) < {Oid(oid) for oid in snapshot.functions}
