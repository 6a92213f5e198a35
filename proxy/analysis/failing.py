"""Which expressions may fail for some value of what they are given: an error, or its absence, tells of that value.

What is not listed here may fail. Memory, time and the size of results count as no failure.
"""

from typing import Final

from proxy.analysis import bodies
from proxy.analysis.comparisons import COMPARISONS
from proxy.analysis.definitions import SHOWN
from proxy.analysis.functions import Behaviour, is_own
from proxy.analysis.ground import BODIED, Ground, children, nodes, number, only
from proxy.analysis.nodes import ALL, Call
from proxy.analysis.tree import Node
from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function
from proxy.model import Oid

TEXT_TYPES: Final = frozenset({18, 19, 25, 1042, 1043, 2275, 114})  # pg_type.dat: what every output function gives
EXACT: Final = frozenset({20, 21, 23, 1700})
INTEGERS: Final = frozenset({20, 21, 23})
BOOL_TRUE: Final = b"\x01"
NODES_THAT_FAIL: Final = frozenset(
    """COERCETODOMAIN CONVERTROWTYPEEXPR FIELDSTORE
    XMLEXPR JSONCONSTRUCTOREXPR JSONEXPR TABLEFUNC TABLESAMPLECLAUSE""".split()  # noqa: SIM905
)
RECORDS: Final = frozenset({2249, 2287})  # record, record[]: what is in them may be of types that cannot be compared


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TOTAL: Final = (
    _names(
        """upper lower initcap char_length character_length octet_length bit_length md5 sha224 sha256 sha384 sha512
    reverse btrim ltrim rtrim concat textcat textanycat anytextcat left right starts_with strpos position ascii
    quote_literal quote_ident quote_nullable to_hex translate replace hashtext hashtextextended byteacat
    count min max array_agg string_agg bool_and bool_or every any_value bit_and bit_or
    row_number rank dense_rank percent_rank cume_dist lag lead first_value last_value
    array_length array_ndims array_lower array_upper cardinality array_to_string unnest arrayoverlap
    arraycontains arraycontained array_eq array_ne
    to_json to_jsonb row_to_json array_to_json json_agg jsonb_agg json_agg_strict jsonb_agg_strict jsonb_build_array
    json_build_array jsonb_typeof json_typeof jsonb_exists jsonb_exists_any jsonb_exists_all jsonb_contains
    jsonb_contained json_object_field json_object_field_text jsonb_object_field jsonb_object_field_text
    json_array_element json_array_element_text jsonb_array_element jsonb_array_element_text json_extract_path
    json_extract_path_text jsonb_extract_path jsonb_extract_path_text
    booland_statefunc boolor_statefunc isfinite ceil ceiling floor sign length concat_ws"""
    )
    | COMPARISONS
    | (SHOWN - {"pg_get_functiondef"})  # that one fails for some functions, these for no OID
)
CONSTANT_AT: Final = {  # total where the arguments at these places are constants: then they fail always or never
    "date_trunc": (0,), "date_part": (0,), "extract": (0,), "timezone": (0,), "to_char": (1,),
    "substr": (1, 2), "substring": (1, 2), "split_part": (2,), "lpad": (1,), "rpad": (1,), "round": (1,), "trunc": (1,),
    "pg_get_functiondef": (0,),
}  # fmt: skip
SUMS: Final = _names("sum avg")
CASTS: Final = _names("int8 int4 numeric float8 float4")  # from integers, to what holds them all
LENGTHS: Final = _names("varchar bpchar")
WIDER: Final = {"int4": frozenset({21}), "int8": frozenset({21, 23})}


MAY: Final = NODES_THAT_FAIL | {"SUBSCRIPTINGREF", "MINMAXEXPR", "MINMAX"}
"""Nodes that call nothing by name and may fail, all of them or some."""


def may_fail(ground: Ground, node: Node, call: Call) -> bool:
    """Whether a node's own operation may fail, whatever is inside it."""
    match call:
        case Call.NONE:
            return _fails(node)
        case Call.INPUT:
            return number(node, "resulttype") not in TEXT_TYPES - {114}
        case Call.SORT | Call.SEQUENCE:
            return False
        case Call.DOMAIN:
            return not _is_unchecked(ground, Oid(number(node, "resulttype")))
        case Call.SAMPLE | Call.RETURNING | Call.JSON:
            return True
        case _:
            return not all(_is_total(ground, oid, node) for oid in ground.called(node, call))


def _fails(node: Node) -> bool:
    match node.name:
        case "SUBSCRIPTINGREF":
            return bool(node.get("refassgnexpr"))
        case "MINMAXEXPR" | "MINMAX":
            compares = number(node, "minmaxtype")
            return compares >= FIRST_NORMAL_OID or compares in RECORDS
        case "COERCETODOMAIN":
            return False  # said by its call
        case name:
            return name in NODES_THAT_FAIL


def _is_unchecked(ground: Ground, oid: Oid) -> bool:
    """Whether a domain takes everything that its base type takes: so do most of information_schema's. Of others it is
    not known whether they take NULL."""
    type_ = ground.snapshot.types.get(oid)
    return type_ is not None and oid < FIRST_NORMAL_OID and not type_.checks


def _is_total(ground: Ground, oid: Oid, node: Node) -> bool:
    function = ground.snapshot.functions.get(oid)
    if function is None or not is_own(function):
        return function is not None and _is_total_body(ground, oid, node)
    name = function.name
    if name in TOTAL:
        return name != "length" or len(function.arg_types) == 1  # the other decodes
    if (places := CONSTANT_AT.get(name)) is not None:
        args = children(node, "args")
        return all(_is_fixed(args[at]) for at in places if at < len(args))
    if name in SUMS:
        return frozenset(function.arg_types) <= EXACT
    if name in LENGTHS:
        return _truncates(node)
    return name in CASTS and _widens(function)


def _is_fixed(node: Node) -> bool:
    """Whether it is a constant, perhaps under another type's name."""
    while node.name == "RELABELTYPE":
        node = only(node, "arg")
    return node.name == "CONST"


def _is_total_body(ground: Ground, oid: Oid, node: Node) -> bool:
    """A body that is walked at the call is judged there, node by node. One that reads nothing is judged here."""
    if ground.behaviour(oid)[0] is Behaviour.BODY:
        return node.name in BODIED
    body = bodies.body_of(ground, oid) if ground.behaviour(oid)[0] is Behaviour.CLOSED else None
    if body is None or len(body.queries) != 1 or any(one.get("limitCount") for one in body.queries):
        return False
    return not any(one.name == "SUBLINK" or _may_fail_inside(ground, one) for one in nodes(body.queries))


def _may_fail_inside(ground: Ground, node: Node) -> bool:
    kind = ALL.get(node.name)
    return kind is None or may_fail(ground, node, kind.call)


def _truncates(node: Node) -> bool:
    """An explicit cast cuts what is too long; an implicit one fails."""
    args = children(node, "args")
    return len(args) == len(("value", "length", "explicit")) and _constant(args[2])[:1] == BOOL_TRUE


def _constant(node: Node) -> bytes:
    value = node.fields.get("constvalue") if node.name == "CONST" else None
    return value if isinstance(value, bytes) else b""


def _widens(function: Function) -> bool:
    arguments = frozenset(function.arg_types)
    return len(function.arg_types) == 1 and arguments <= WIDER.get(function.name, INTEGERS)
