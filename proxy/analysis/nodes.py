"""THE node table: what each node of a rewritten tree does with taint, and which of its fields hold nodes.

A node that is not here, or that holds a node in a field that is not listed, is opaque: a new server fails closed.
Names are those of PostgreSQL 16 and later (nodes/primnodes.h, parsenodes.h); NAMES has the older ones.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec


class Effect(Enum):
    """What a node's value is made of."""

    CLEAN = "clean"  # of nothing that is in a table
    PASS = "pass"  # noqa: S105  its first field's value, unchanged
    ARMS = "arms"  # one of the values of its arms, chosen by the rest
    MIX = "mix"  # computed from all that it holds
    COLUMN = "column"  # Var: looked up in the range table
    FIELD = "field"  # FieldSelect: one column of a row, where the row's are known
    PARAM = "param"
    SUBLINK = "sublink"
    PART = "part"  # no expression: read by the one that holds it


class Call(Enum):
    """Which fields name the functions that a node calls."""

    NONE = "none"
    FUNCID = "funcid"
    AGGFNOID = "aggfnoid"
    WINFNOID = "winfnoid"
    OPNO = "opno"  # opfuncid, or the function of opno where that is 0
    OPNOS = "opnos"  # a list of operators
    INPUT = "input"  # the input function of resulttype
    RETURNING = "returning"  # the input function of typid
    DOMAIN = "domain"  # the checks of the domain resulttype
    SEQUENCE = "sequence"  # nextval by another name
    SORT = "sort"  # eqop and sortop, where they are not 0
    SAMPLE = "sample"  # tsmhandler
    JSON = "json"  # a type's own cast to json


class Kind(msgspec.Struct, frozen=True):
    """One row. fields: all that may hold nodes; arms: those of them whose value the node's may be."""

    effect: Effect
    fields: frozenset[str]
    arms: tuple[str, ...] = ()
    call: Call = Call.NONE


def _row(effect: Effect, fields: str = "", arms: str = "", call: Call = Call.NONE) -> Kind:
    names = tuple(arms.split())
    return Kind(effect, frozenset(fields.split()) | frozenset(names), names, call)


LEAF: Final = _row(Effect.CLEAN)
"""Holds nothing and calls nothing. Where it holds a node all the same, the field that is not known refuses it."""

NODES: Final[Mapping[str, Kind]] = {
    # leaves
    "VAR": _row(Effect.COLUMN),
    "CONST": LEAF,
    "PARAM": _row(Effect.PARAM),
    "CASETESTEXPR": LEAF,  # stands for what its CASE or array coercion holds
    "COERCETODOMAINVALUE": _row(Effect.CLEAN),  # stands for the value that a domain checks
    "SETTODEFAULT": _row(Effect.CLEAN),
    "SQLVALUEFUNCTION": _row(Effect.CLEAN),  # current_user, current_date, …
    "CURRENTOFEXPR": _row(Effect.CLEAN),
    "NEXTVALUEEXPR": _row(Effect.CLEAN, call=Call.SEQUENCE),
    "GROUPINGFUNC": _row(Effect.CLEAN, "args"),  # tells the grouping set alone
    "MERGESUPPORTFUNC": _row(Effect.CLEAN),
    # the value of another expression, as it is
    "RELABELTYPE": _row(Effect.PASS, arms="arg"),
    "COLLATEEXPR": _row(Effect.PASS, arms="arg"),
    "NAMEDARGEXPR": _row(Effect.PASS, arms="arg"),
    "COERCETODOMAIN": _row(Effect.PASS, arms="arg", call=Call.DOMAIN),
    "RETURNINGEXPR": _row(Effect.PASS, arms="retexpr"),
    "TARGETENTRY": _row(Effect.PASS, arms="expr"),
    "INFERENCEELEM": _row(Effect.PASS, arms="expr"),
    # one of several
    "CASEEXPR": _row(Effect.ARMS, "arg", arms="args defresult"),
    "CASEWHEN": _row(Effect.ARMS, "expr", arms="result"),
    "COALESCEEXPR": _row(Effect.ARMS, arms="args"),
    # functions and operators
    "FUNCEXPR": _row(Effect.MIX, "args", call=Call.FUNCID),
    "OPEXPR": _row(Effect.MIX, "args", call=Call.OPNO),
    "DISTINCTEXPR": _row(Effect.MIX, "args", call=Call.OPNO),
    "NULLIFEXPR": _row(Effect.MIX, "args", call=Call.OPNO),
    "SCALARARRAYOPEXPR": _row(Effect.MIX, "args", call=Call.OPNO),
    "ROWCOMPAREEXPR": _row(Effect.MIX, "largs rargs", call=Call.OPNOS),
    "AGGREF": _row(Effect.MIX, "aggdirectargs args aggorder aggdistinct aggfilter", call=Call.AGGFNOID),
    "WINDOWFUNC": _row(Effect.MIX, "args aggfilter", call=Call.WINFNOID),
    # coercions that make another value
    "COERCEVIAIO": _row(Effect.MIX, "arg", call=Call.INPUT),
    "ARRAYCOERCEEXPR": _row(Effect.MIX, "arg elemexpr"),
    "CONVERTROWTYPEEXPR": _row(Effect.MIX, "arg"),
    # parts and wholes
    "FIELDSELECT": _row(Effect.FIELD, "arg"),
    "FIELDSTORE": _row(Effect.MIX, "arg newvals"),
    "SUBSCRIPTINGREF": _row(Effect.MIX, "refupperindexpr reflowerindexpr refexpr refassgnexpr"),
    "ARRAYEXPR": _row(Effect.MIX, "elements"),
    "ROWEXPR": _row(Effect.MIX, "args"),
    # tests and choices that compare
    "BOOLEXPR": _row(Effect.MIX, "args"),
    "NULLTEST": _row(Effect.MIX, "arg"),
    "BOOLEANTEST": _row(Effect.MIX, "arg"),
    "MINMAXEXPR": _row(Effect.MIX, "args"),
    "SUBLINK": _row(Effect.SUBLINK, "testexpr subselect"),
    # XML and JSON
    "XMLEXPR": _row(Effect.MIX, "named_args args"),
    "JSONVALUEEXPR": _row(Effect.MIX, "raw_expr formatted_expr format"),
    "JSONCONSTRUCTOREXPR": _row(Effect.MIX, "args func coercion returning", call=Call.JSON),
    "JSONISPREDICATE": _row(Effect.MIX, "expr format"),
    "JSONEXPR": _row(Effect.MIX, "formatted_expr format path_spec returning passing_values on_empty on_error"),
    "JSONBEHAVIOR": _row(Effect.MIX, "expr"),
    "JSONFORMAT": _row(Effect.MIX),
    "JSONRETURNING": _row(Effect.MIX, "format", call=Call.RETURNING),
    "TABLEFUNC": _row(
        Effect.MIX,
        "ns_uris docexpr rowexpr colexprs coldefexprs colvalexprs passingvalexprs plan",
    ),
    "JSONTABLEPATH": _row(Effect.MIX, "value"),
    "JSONTABLEPATHSCAN": _row(Effect.MIX, "path child"),
    "JSONTABLESIBLINGJOIN": _row(Effect.MIX, "lplan rplan"),
    "SORTGROUPCLAUSE": _row(Effect.MIX, call=Call.SORT),  # in an aggregate what it sorts by is in args
    # what a query is put together from
    "QUERY": _row(
        Effect.PART,
        """cteList rtable rteperminfos jointree mergeActionList mergeJoinCondition targetList onConflict returningList
        groupClause groupingSets havingQual windowClause distinctClause sortClause limitOffset limitCount rowMarks
        setOperations withCheckOptions utilityStmt""",
    ),
    "RANGETBLENTRY": _row(
        Effect.PART,
        """alias eref tablesample subquery joinaliasvars functions tablefunc values_lists groupexprs securityQuals
        join_using_alias""",
    ),
    "RTEPERMISSIONINFO": _row(Effect.PART),
    "ALIAS": _row(Effect.PART),
    "FROMEXPR": _row(Effect.PART, "fromlist quals"),
    "JOINEXPR": _row(Effect.PART, "larg rarg quals alias join_using_alias"),
    "RANGETBLREF": _row(Effect.PART),
    "RANGETBLFUNCTION": _row(Effect.PART, "funcexpr"),
    "TABLESAMPLECLAUSE": _row(Effect.MIX, "args repeatable", call=Call.SAMPLE),
    "COMMONTABLEEXPR": _row(Effect.PART, "ctequery search_clause cycle_clause"),
    "CTESEARCHCLAUSE": _row(Effect.PART),
    "CTECYCLECLAUSE": _row(Effect.PART, "cycle_mark_value cycle_mark_default"),
    "SETOPERATIONSTMT": _row(Effect.PART, "larg rarg groupClauses"),
    "GROUPINGSET": _row(Effect.PART, "content"),
    "WINDOWCLAUSE": _row(Effect.PART, "partitionClause orderClause startOffset endOffset"),
    "ROWMARKCLAUSE": _row(Effect.PART),
    "WITHCHECKOPTION": _row(Effect.PART, "qual"),
    "ONCONFLICTEXPR": _row(Effect.PART, "arbiterElems arbiterWhere onConflictSet onConflictWhere exclRelTlist"),
    "MERGEACTION": _row(Effect.PART, "qual targetList"),
}

NAMES: Final[Mapping[str, str]] = {  # as 13 to 15 print them
    "RTE": "RANGETBLENTRY",
    "COLLATE": "COLLATEEXPR",
    "CASE": "CASEEXPR",
    "WHEN": "CASEWHEN",
    "ARRAY": "ARRAYEXPR",
    "ROW": "ROWEXPR",
    "ROWCOMPARE": "ROWCOMPAREEXPR",
    "COALESCE": "COALESCEEXPR",
    "MINMAX": "MINMAXEXPR",
}
ALL: Final[Mapping[str, Kind]] = {**NODES, **{old: NODES[new] for old, new in NAMES.items()}}
