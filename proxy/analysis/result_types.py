"""The type of an expression, where its node says it."""

from typing import Final

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
    "SUBSCRIPTINGREF": "refrestype",
}  # fmt: skip
TYPMODS: Final = {
    "VAR": "vartypmod", "CONST": "consttypmod", "PARAM": "paramtypmod", "FIELDSELECT": "resulttypmod",
    "RELABELTYPE": "resulttypmod", "ARRAYCOERCEEXPR": "resulttypmod", "COERCETODOMAIN": "resulttypmod",
    "SUBSCRIPTINGREF": "reftypmod",
}  # fmt: skip
BOOLEANS: Final = {"SCALARARRAYOPEXPR", "BOOLEXPR", "ROWCOMPAREEXPR", "ROWCOMPARE", "NULLTEST", "BOOLEANTEST"}
BOOL: Final = 16  # pg_type.dat
COMPARING: Final = (0, 1, 2, 3)  # primnodes.h, SubLinkType: EXISTS, ALL, ANY, ROWCOMPARE
EXPRESSION: Final = 4
THROUGH: Final = {
    "COLLATEEXPR": "arg", "COLLATE": "arg", "RETURNINGEXPR": "retexpr", "NAMEDARGEXPR": "arg", "TARGETENTRY": "expr",
}  # fmt: skip


def type_of(node: Node) -> tuple[int, int]:
    """An expression's type and modifier; 0 and -1 where they do not stand in it: RowDescription tells them."""
    while node.name in THROUGH:
        inner = node.children.get(THROUGH[node.name])
        if not isinstance(inner, Node):
            return 0, -1
        node = inner
    if node.name in BOOLEANS or (node.name == "SUBLINK" and node.fields.get("subLinkType") in COMPARING):
        return BOOL, -1
    if node.name == "SUBLINK":
        return _type_of_sublink(node)
    type_oid, typmod = node.fields.get(TYPES.get(node.name, ""), 0), node.fields.get(TYPMODS.get(node.name, ""), -1)
    return type_oid if isinstance(type_oid, int) else 0, typmod if isinstance(typmod, int) else -1


def _type_of_sublink(node: Node) -> tuple[int, int]:
    """(SELECT …) is of its first column's type."""
    query = node.children.get("subselect")
    targets = query.children.get("targetList") if isinstance(query, Node) else None
    if node.fields.get("subLinkType") != EXPRESSION or not isinstance(targets, list) or not targets:
        return 0, -1
    return type_of(targets[0]) if isinstance(targets[0], Node) else (0, -1)
