"""The type of an expression, where its node says it."""

import sys
from collections.abc import Callable
from typing import Final, TypeAlias

from proxy.analysis.tree import Node

TYPES: Final = {  # nodes/nodeFuncs.c, exprType: the field that says a node's type
    "VAR": "vartype", "CONST": "consttype", "PARAM": "paramtype", "AGGREF": "aggtype", "WINDOWFUNC": "wintype",
    "FUNCEXPR": "funcresulttype", "OPEXPR": "opresulttype", "DISTINCTEXPR": "opresulttype",
    "NULLIFEXPR": "opresulttype", "FIELDSELECT": "resulttype", "RELABELTYPE": "resulttype",
    "COERCEVIAIO": "resulttype", "ARRAYCOERCEEXPR": "resulttype", "CONVERTROWTYPEEXPR": "resulttype",
    "CASEEXPR": "casetype", "CASE": "casetype", "CASETESTEXPR": "typeId", "ARRAYEXPR": "array_typeid",
    "ARRAY": "array_typeid", "ROWEXPR": "row_typeid", "ROW": "row_typeid", "COALESCEEXPR": "coalescetype",
    "COALESCE": "coalescetype", "MINMAXEXPR": "minmaxtype", "MINMAX": "minmaxtype", "SQLVALUEFUNCTION": "type",
    "COERCETODOMAIN": "resulttype", "NEXTVALUEEXPR": "typeId", "MERGESUPPORTFUNC": "msftype",
    "SUBSCRIPTINGREF": "refrestype", "FIELDSTORE": "resulttype", "COERCETODOMAINVALUE": "typeId",
    "SETTODEFAULT": "typeId", "JSONRETURNING": "typid",
}  # fmt: skip
TYPMODS: Final = {
    "VAR": "vartypmod", "CONST": "consttypmod", "PARAM": "paramtypmod", "FIELDSELECT": "resulttypmod",
    "RELABELTYPE": "resulttypmod", "ARRAYCOERCEEXPR": "resulttypmod", "COERCETODOMAIN": "resulttypmod",
    "SUBSCRIPTINGREF": "reftypmod", "COERCETODOMAINVALUE": "typeMod",
    "SETTODEFAULT": "typeMod", "JSONRETURNING": "typmod", "SQLVALUEFUNCTION": "typmod",
}  # fmt: skip
BOOLEANS: Final = {
    "SCALARARRAYOPEXPR", "BOOLEXPR", "ROWCOMPAREEXPR", "ROWCOMPARE", "NULLTEST", "BOOLEANTEST", "CURRENTOFEXPR",
    "JSONISPREDICATE",
}  # fmt: skip
BOOL, INT4, TEXT, XML, RECORD = 16, 23, 25, 142, 2249  # pg_type.dat
THROUGH: Final = {
    "COLLATEEXPR": "arg", "COLLATE": "arg", "RETURNINGEXPR": "retexpr", "NAMEDARGEXPR": "arg", "TARGETENTRY": "expr",
    "JSONVALUEEXPR": "formatted_expr", "JSONCONSTRUCTOREXPR": "returning", "JSONEXPR": "returning",
    "JSONBEHAVIOR": "expr", "INFERENCEELEM": "expr",
}  # fmt: skip
XML_TYPES: Final = {6: TEXT, 7: BOOL}  # primnodes.h, XmlExprOp: IS_XMLSERIALIZE, IS_DOCUMENT; any other makes XML
COMPARING: Final = (0, 1, 2, 3)  # primnodes.h, SubLinkType: EXISTS, ALL, ANY, ROWCOMPARE
EXPRESSION, MULTIPLE, ARRAY = 4, 5, 6
COMMON: Final = (
    {"CASEEXPR": "args defresult", "CASE": "args defresult"}
    | dict.fromkeys(("COALESCEEXPR", "COALESCE", "MINMAXEXPR", "MINMAX"), "args")
    | dict.fromkeys(("ARRAYEXPR", "ARRAY"), "elements")
)
CAST_FORMATS: Final = (1, 2)  # primnodes.h, CoercionForm
Arrays: TypeAlias = "Callable[[int], int]"
"""The array type of an element type, 0 where it has none."""


def type_of(node: Node, arrays: Arrays = lambda _: 0) -> tuple[int, int]:
    """An expression's type and modifier; 0 and -1 where they do not stand in it: RowDescription tells them."""
    while node.name in THROUGH:
        inner = node.children.get(THROUGH[node.name])
        if not isinstance(inner, Node):
            return 0, -1
        node = inner
    if node.name in BOOLEANS:
        return BOOL, -1
    match node.name:
        case "SUBLINK":
            return _type_of_sublink(node, arrays)
        case "GROUPINGFUNC":
            return INT4, -1
        case "XMLEXPR":
            operation = node.fields.get("op")
            return XML_TYPES.get(operation, XML) if isinstance(operation, int) else 0, -1
        case "SUBSCRIPTINGREF" if "refrestype" not in node.fields:  # before 14
            return _number(node, "refcontainertype" if node.get("reflowerindexpr") else "refelemtype"), _number(
                node, "reftypmod", -1
            )
    return _number(node, TYPES.get(node.name, "")), _typmod(node)


def oid_of(node: Node) -> int:
    """The type alone."""
    if node.name in TYPES and "refcontainertype" not in node.fields:
        return _number(node, TYPES[node.name])
    return type_of(node)[0]


def _number(node: Node, field: str, missing: int = 0) -> int:
    value = node.fields.get(field, missing)
    return value if isinstance(value, int) else missing


def _typmod(node: Node) -> int:
    """exprTypmod: what a node holds, what all arms agree on, or the length that a cast was given."""
    if node.name in COMMON:
        return _common(node)
    if node.name == "FUNCEXPR":
        return _length(node)
    return _number(node, TYPMODS.get(node.name, ""), -1)


def _common(node: Node) -> int:
    """The modifier on which all arms agree."""
    values = [one for field in COMMON[node.name].split() for one in _list(node.children.get(field))]
    arms = [one.children.get("result") if one.name in ("CASEWHEN", "WHEN") else one for one in values]
    own = _number(node, "element_typeid" if COMMON[node.name] == "elements" else TYPES[node.name])
    found = {type_of(arm) if isinstance(arm, Node) else (0, -1) for arm in arms}
    types, typmods = {one for one, _ in found}, {two for _, two in found}
    return typmods.pop() if types == {own} and len(typmods) == 1 else -1


def _length(node: Node) -> int:
    """exprIsLengthCoercion: varchar(value, 7, false) makes a varchar(3)."""
    args = _list(node.children.get("args"))
    if _number(node, "funcformat") not in CAST_FORMATS or not 2 <= len(args) <= 3 or args[1].name != "CONST":
        return -1
    value = args[1].fields.get("constvalue")
    known = _number(args[1], "consttype") == INT4 and isinstance(value, bytes)
    return int.from_bytes(value[:4], sys.byteorder, signed=True) if known and isinstance(value, bytes) else -1


def _list(value: object) -> list[Node]:
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, Node)]


def _type_of_sublink(node: Node, arrays: Arrays) -> tuple[int, int]:
    """(SELECT …) is of its first column's type, ARRAY(SELECT …) an array of it."""
    kind = node.fields.get("subLinkType")
    if kind in COMPARING:
        return BOOL, -1
    if kind == MULTIPLE:
        return RECORD, -1
    query = node.children.get("subselect")
    targets = _list(query.children.get("targetList")) if isinstance(query, Node) else []
    if not targets:
        return 0, -1
    type_oid, typmod = type_of(targets[0], arrays)
    return (type_oid, typmod) if kind == EXPRESSION else (arrays(type_oid), typmod)
