"""What no tree shows of the functions that somebody made: their own facts, and where the server calls them unasked."""

from collections.abc import Mapping

import msgspec

from proxy.model import Oid


class Routine(msgspec.Struct, frozen=True, gc=False):
    """pg_proc, of a function that did not come with initdb. extension: the one that it belongs to. library, symbol: of
    a C function; symbol alone: of an internal one. settings: its SET clauses. names: of its input parameters, where
    they have some. out_types: of OUT and TABLE parameters. defaults: trees of the last input parameters' defaults."""

    owner: str = ""
    extension: str = ""
    library: str = ""
    symbol: str = ""
    settings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    out_types: tuple[Oid, ...] = ()
    defaults: str | None = None


class Aggregate(msgspec.Struct, frozen=True, gc=False):
    """pg_aggregate: the functions that it is made of, and the types of its states."""

    functions: tuple[Oid, ...]
    states: tuple[Oid, ...]


class Routines(msgspec.Struct, frozen=True):
    """Everything of one database that did not come with initdb."""

    facts: Mapping[Oid, Routine] = {}
    aggregates: Mapping[Oid, Aggregate] = {}
    casts: tuple[tuple[Oid, Oid, Oid], ...] = ()
    """Source, target and function (0: none is called) of each cast that somebody made."""
    supports: Mapping[Oid, tuple[Oid, ...]] = {}
    """By type, the functions that the server calls for its values without a name in any tree: support functions and
    operators' functions of its operator classes (comparison, hash, …), a range's canonical and subtype_diff."""
    rivals: tuple[Oid, ...] = ()
    """The server's own operators whose names somebody's operators have too, in whatever schema."""


NONE = Routine()
