"""Casts to a length that cut nothing off: what they give is the value that they were given."""

from typing import Final

from proxy.analysis.ground import children, number
from proxy.analysis.result_types import type_of
from proxy.analysis.tree import Node

VARCHAR: Final = (669, 1043)  # pg_proc.dat, varchar(varchar, int4, bool), and the type
NUMERIC: Final = (1703, 1700)  # numeric(numeric, int4)
HEADER: Final = 4  # VARHDRSZ: what a modifier counts beside the length
SCALE: Final = 0xFFFF


def uncut(node: Node) -> Node | None:
    """The argument of a length coercion that cannot change it, None for anything else: from varchar(n) to a varchar
    that is not shorter, from numeric(p, s) to one of the same scale that is not narrower. A value of a type with a
    modifier keeps to it wherever it comes from. Any other length may cut: what is left is computed, for the mask of a
    part is no mask of the whole (keep_last of the first five characters tells the fifth)."""
    if node.name != "FUNCEXPR":
        return None
    function = number(node, "funcid")
    if function not in (VARCHAR[0], NUMERIC[0]):
        return None
    args = children(node, "args")
    of, had = type_of(args[0]) if args else (0, -1)
    wanted = type_of(node)[1]
    if had < HEADER or wanted < HEADER:
        return None
    if (function, of) == VARCHAR:
        return args[0] if wanted >= had else None
    same_scale = (wanted - HEADER) & SCALE == (had - HEADER) & SCALE
    wider = (wanted - HEADER) >> 16 >= (had - HEADER) >> 16
    return args[0] if (function, of) == NUMERIC and same_scale and wider else None
