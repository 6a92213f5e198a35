"""The functions of pg_catalog behind the operators that compare two single values."""

import re
from typing import Final

EQUALITIES: Final = frozenset(
    """
    int2eq int4eq int8eq int24eq int42eq int28eq int82eq int48eq int84eq numeric_eq
    float4eq float8eq float48eq float84eq
    texteq bpchareq nameeq nameeqtext texteqname chareq booleq byteaeq oideq xideq uuid_eq enum_eq cash_eq
    date_eq time_eq timetz_eq timestamp_eq timestamptz_eq interval_eq
    date_eq_timestamp date_eq_timestamptz timestamp_eq_date timestamp_eq_timestamptz timestamptz_eq_date
    timestamptz_eq_timestamp network_eq macaddr_eq macaddr8_eq biteq varbiteq
    """.split()  # noqa: SIM905  a list of forty quoted words is no easier to review
)
"""Functions of pg_catalog behind the operators = of single values (pg_operator.dat)."""

COMPARISONS: Final = frozenset(
    re.sub("eq(?=_|$|text$)", other, name) for name in EQUALITIES for other in ("eq", "ne", "lt", "le", "gt", "ge")
) | frozenset(
    "text_lt text_le text_gt text_ge textltname textlename textgtname textgename textnename".split()  # noqa: SIM905
)
"""The same for <>, <, <=, > and >=: named alike, but for those of text."""
