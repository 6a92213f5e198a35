"""Functions of extensions that were read, by what they are: code of the extension's own library.

Only a superuser (or a trusted extension's script, as one) makes C functions, and the catalog tells library and symbol:
a function that somebody added to the extension by ALTER EXTENSION … ADD is none of these. Read in contrib of PostgreSQL
13 to 18. Absent, so opaque: what runs SQL text or reads files, other servers and pages (tablefunc, dblink,
postgres_fdw, file_fdw, lo, adminpack, xml2, pageinspect, pg_stat_statements, …), and isn, whose isn_weak() keeps a bit.
"""

from collections.abc import Mapping
from typing import Final

from proxy.analysis.functions import Behaviour
from proxy.catalog.routines import Routine
from proxy.catalog.snapshot import Function, Volatility

LIBRARIES: Final[Mapping[str, str]] = {  # extension to library: its immutable C functions are closed
    "btree_gin": "btree_gin",
    "btree_gist": "btree_gist",
    "citext": "citext",
    "cube": "cube",
    "earthdistance": "earthdistance",
    "fuzzystrmatch": "fuzzystrmatch",
    "hstore": "hstore",
    "intarray": "_int",
    "ltree": "ltree",
    "pg_trgm": "pg_trgm",
    "pgcrypto": "pgcrypto",
    "seg": "seg",
    "unaccent": "unaccent",
    "uuid-ossp": "uuid-ossp",
}
INTERNAL: Final = frozenset(  # functions of the server under another name
    {"booltext", "network_show", "rtrim1", "textin", "textout", "texticlike", "texticnlike", "texticregexeq"}
    | {"texticregexne", "textsend"}
)
CHANGING: Final[Mapping[tuple[str, str], Behaviour]] = {  # not immutable, or not closed, by extension and symbol
    ("pg_trgm", "set_limit"): Behaviour.STATEFUL,  # a setting that show_limit reads back
    ("pg_trgm", "show_limit"): Behaviour.CLOSED,
    ("pg_trgm", "similarity_op"): Behaviour.CLOSED,
    ("pg_trgm", "strict_word_similarity_commutator_op"): Behaviour.CLOSED,
    ("pg_trgm", "strict_word_similarity_op"): Behaviour.CLOSED,
    ("pg_trgm", "word_similarity_commutator_op"): Behaviour.CLOSED,
    ("pg_trgm", "word_similarity_op"): Behaviour.CLOSED,
    ("uuid-ossp", "uuid_generate_v1"): Behaviour.CLOSED,
    ("uuid-ossp", "uuid_generate_v1mc"): Behaviour.CLOSED,
    ("uuid-ossp", "uuid_generate_v4"): Behaviour.CLOSED,
    ("pgcrypto", "pg_random_bytes"): Behaviour.CLOSED,
    ("pgcrypto", "pg_random_uuid"): Behaviour.CLOSED,
    ("pgcrypto", "pg_gen_salt"): Behaviour.CLOSED,
    ("pgcrypto", "pg_gen_salt_rounds"): Behaviour.CLOSED,
    ("pgcrypto", "pgp_pub_encrypt_text"): Behaviour.CLOSED,
    ("pgcrypto", "pgp_pub_encrypt_bytea"): Behaviour.CLOSED,
    ("pgcrypto", "pgp_sym_encrypt_text"): Behaviour.CLOSED,
    ("pgcrypto", "pgp_sym_encrypt_bytea"): Behaviour.CLOSED,
    ("unaccent", "unaccent_dict"): Behaviour.CLOSED,  # a dictionary's templates are C, as to_tsvector's are
    ("hstore", "hstore_populate_record"): Behaviour.RECORDS,
}


def of_extension(function: Function, routine: Routine) -> Behaviour:
    """What a function that came with no initdb does, where its extension was read."""
    library = LIBRARIES.get(routine.extension)
    if library is None:
        return Behaviour.OPAQUE
    if function.language == "internal":
        return Behaviour.CLOSED if routine.symbol in INTERNAL else Behaviour.OPAQUE
    if function.language != "c" or routine.library != f"$libdir/{library}":
        return Behaviour.OPAQUE
    known = CHANGING.get((routine.extension, routine.symbol))
    if known is None and function.volatility is Volatility.IMMUTABLE:
        return Behaviour.CLOSED
    return known or Behaviour.OPAQUE
