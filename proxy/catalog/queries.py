"""The questions that a snapshot is made of. Every name means pg_catalog's: the loader sets search_path to it."""

import re
from typing import Final

CATALOGS: Final = (  # what an account needs SELECT on; PUBLIC has it unless somebody took it away
    "pg_aggregate", "pg_amop", "pg_amproc", "pg_attrdef", "pg_attribute", "pg_auth_members", "pg_cast", "pg_class",
    "pg_constraint", "pg_depend", "pg_description", "pg_enum", "pg_extension", "pg_index", "pg_inherits", "pg_language",
    "pg_namespace", "pg_opclass", "pg_operator", "pg_partitioned_table", "pg_policy", "pg_proc", "pg_range",
    "pg_rewrite", "pg_roles", "pg_statistic_ext", "pg_trigger", "pg_type",
)  # fmt: skip
KINDS: Final = "('r', 'p', 'v', 'm', 'f', 'S', 'c')"

MARK: Final = re.compile(r"/\* temporary: (.+?) \*/")


def temporary(question: str) -> str:
    """The same question about temporary relations alone: the conditions in its comments hold."""
    marked = MARK.sub(r"and \1", question)
    return marked.replace("TEMPORARIES", "(select oid from pg_class where relpersistence = 't')")


UNREADABLE: Final = """
select array_agg(name order by name) from unnest($1::text[]) name
where not has_table_privilege(('pg_catalog.' || name)::regclass, 'select')
"""

SERVER: Final = """
select current_database()::text, current_setting('server_version_num')::int, pg_encoding_to_char(encoding)::text,
       oid, has_function_privilege('pg_control_system()', 'execute')
from pg_database where datname = current_database()
"""

CLUSTER: Final = "select system_identifier from pg_control_system()"

RELATIONS: Final = f"""
select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
       pg_get_userbyid(c.relowner)::text as owner, c.reltype as row_type, c.relispartition as is_partition,
       c.relrowsecurity as row_security, c.relpersistence = 't' as temporary,
       exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
           as extension,
       exists (select from pg_trigger t join pg_proc p on p.oid = t.tgfoid where t.tgrelid = c.oid
               and not (p.oid < 16384 and (p.proname like 'RI\\_FKey\\_%' or p.proname = 'unique_key_recheck')))
           as has_triggers,
       exists (select from pg_rewrite r where r.ev_class = c.oid and r.ev_type <> '1') as has_rules
from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in {KINDS}
/* temporary: c.oid in TEMPORARIES */ order by c.oid
"""  # noqa: S608  KINDS is ours

COLUMNS: Final = f"""
select a.attrelid, array_agg(a.attnum order by a.attnum), array_agg(a.attname::text order by a.attnum),
       array_agg(a.atttypid order by a.attnum), array_agg(a.atttypmod order by a.attnum),
       array_agg(a.attgenerated::text order by a.attnum), array_agg(a.atthasdef order by a.attnum)
from pg_attribute a join pg_class c on c.oid = a.attrelid
where a.attnum > 0 and not a.attisdropped and c.relkind in {KINDS} /* temporary: c.oid in TEMPORARIES */
group by a.attrelid order by a.attrelid
"""  # noqa: S608

GENERATED: Final = """
select d.adrelid, d.adnum, d.adbin::text
from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
where a.attgenerated <> '' /* temporary: d.adrelid in TEMPORARIES */ order by d.adrelid, d.adnum
"""

INHERITS: Final = """
select inhrelid, inhparent from pg_inherits where true
/* temporary: inhrelid in TEMPORARIES */ order by inhrelid, inhseqno
"""

VIEWS: Final = """
select ev_class, ev_action::text from pg_rewrite where ev_type = '1' and ev_class >= 16384
/* temporary: ev_class in TEMPORARIES */ order by ev_class
"""

EXPRESSIONS: Final = """
select conrelid, conbin::text from pg_constraint where conrelid <> 0 and conbin is not null
/* temporary: conrelid in TEMPORARIES */
union select indrelid, indexprs::text from pg_index where indexprs is not null /* temporary: indrelid in TEMPORARIES */
union select indrelid, indpred::text from pg_index where indpred is not null /* temporary: indrelid in TEMPORARIES */
union select partrelid, partexprs::text from pg_partitioned_table where partexprs is not null
/* temporary: partrelid in TEMPORARIES */
order by 1, 2
"""

POLICIES: Final = """
select polrelid, polqual::text from pg_policy where polqual is not null /* temporary: polrelid in TEMPORARIES */ union
select polrelid, polwithcheck::text from pg_policy where polwithcheck is not null
/* temporary: polrelid in TEMPORARIES */ order by 1, 2
"""

CASCADES: Final = """
select distinct confrelid, conrelid from pg_constraint
where contype = 'f' and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'))
/* temporary: confrelid in TEMPORARIES */
order by 1, 2
"""

REFERENCES: Final = """
select c.conrelid, c.conkey[at], c.confrelid, c.confkey[at]
from pg_constraint c, generate_subscripts(c.conkey, 1) at
where c.contype = 'f' /* temporary: c.conrelid in TEMPORARIES */ order by c.conrelid, c.oid, at
"""

TYPES: Final = """
select t.oid, n.nspname::text as schema, t.typname::text as name, t.typtype::text as kind,
       t.typcategory::text as category, t.typlen as length, t.typbasetype as base, t.typtypmod as typmod,
       case t.typtype when 'r' then (select rngsubtype from pg_range where rngtypid = t.oid) else t.typelem end
           as element,
       t.typarray as array, t.typrelid as relation, t.typinput::oid as input, t.typoutput::oid as output
from pg_type t join pg_namespace n on n.oid = t.typnamespace where true
/* temporary: n.nspname like 'pg\\_temp\\_%' */ order by t.oid
"""

MULTIRANGES: Final = "select rngmultitypid, rngsubtype from pg_range where rngmultitypid <> 0"  # 14 and later

LABELS: Final = "select enumtypid, array_agg(enumlabel::text order by enumsortorder) from pg_enum group by 1 order by 1"

CHECKS: Final = """
select contypid, conbin::text from pg_constraint where contypid <> 0 and conbin is not null order by 1, 2
"""

FUNCTIONS: Final = """
select p.oid, n.nspname::text as schema, p.proname::text as name, p.proargtypes::oid[] as arg_types,
       p.prorettype as result, p.provolatile::text as volatility, l.lanname::text as language, p.prokind::text as kind,
       p.prosecdef as security_definer, p.proretset as returns_set, p.provariadic <> 0 as variadic,
       exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
           as extension,
       case when l.lanname = 'sql' and p.oid >= 16384 then p.prosrc end as body,
       case when p.oid >= 16384 then {tree} end as tree
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang order by p.oid
"""

OPERATORS: Final = "select oid, oprcode::oid from pg_operator order by oid"

JSON_CASTS: Final = (
    "select castsource from pg_cast where casttarget in (114, 3802) and oid >= 16384 order by 1"  # json, jsonb
)

ROLES: Final = "select oid, rolname::text, rolsuper from pg_roles order by oid"

MEMBERS: Final = "select member, roleid from pg_auth_members order by member, roleid"

LASTING: Final = {  # catalog: which of its rows do not belong to a temporary relation
    "pg_aggregate": "true",
    "pg_amop": "true",
    "pg_amproc": "true",
    "pg_attrdef": "adrelid not in (select oid from hidden)",
    "pg_attribute": "attrelid not in (select oid from hidden)",
    "pg_cast": "true",
    "pg_class": "relnamespace not in (select oid from temporary)",
    "pg_constraint": "connamespace not in (select oid from temporary)",
    "pg_depend": "deptype = 'e'",
    "pg_description": "objoid not in (select oid from hidden)",
    "pg_enum": "true",
    "pg_extension": "true",
    "pg_index": "indrelid not in (select oid from hidden)",
    "pg_inherits": "true",
    "pg_namespace": "oid not in (select oid from temporary)",
    "pg_opclass": "true",
    "pg_operator": "true",
    "pg_partitioned_table": "true",
    "pg_policy": "true",
    "pg_proc": "true",
    "pg_range": "true",
    "pg_rewrite": "true",
    "pg_statistic_ext": "true",
    "pg_trigger": "true",
    "pg_type": "typnamespace not in (select oid from temporary)",
}

WRITTEN: Final = "case when age(xmin) <> 2147483647 then hashint8extended(age('3'::xid)::bigint - age(xmin), 0) end"
# Whatever is written has a new xmin, so that count and hash of all xmin do not both stay the same. age() counts from a
# moving point, and 3, the first normal xid, is as far from it; what is older was made by initdb.
FINGERPRINT: Final = """
with temporary as materialized (
       select oid from pg_namespace where nspname like 'pg\\_temp\\_%' or nspname like 'pg\\_toast\\_temp\\_%'),
     hidden as materialized (select oid from pg_class where relnamespace in (select oid from temporary))
""" + " union all\n".join(  # noqa: S608  every word of it stands here
    [
        *(
            f"select '{catalog}', count(*) || ':' || coalesce(sum({WRITTEN}), 0) from {catalog} where {rows}"  # noqa: S608
            for catalog, rows in LASTING.items()
        ),
        "select 'members', count(*) || ':' || coalesce(sum(hashint8extended(member::bigint, roleid::bigint)), 0)"
        " from pg_auth_members",
        "select 'roles', count(*) || ':' || sum(hashtextextended(rolname::text || rolsuper::text, oid::bigint))"
        " from pg_roles",
    ]
)
"""By catalog, a text that changes with it."""

PARTS: Final = {  # what a part of a snapshot is read from
    "functions": {"pg_proc", "pg_namespace", "pg_depend"},
    "operators": {"pg_operator"},
    "casts": {"pg_cast"},
    "roles": {"members", "roles"},
    "routines": {
        "pg_proc", "pg_depend", "pg_extension", "roles", "pg_aggregate", "pg_cast", "pg_opclass", "pg_amproc",
        "pg_amop", "pg_operator", "pg_range",
    },
    "types": {"pg_type", "pg_enum", "pg_range", "pg_constraint", "pg_namespace"},
    "definitions": {
        "pg_attrdef", "pg_constraint", "pg_index", "pg_partitioned_table", "pg_class", "pg_policy", "pg_trigger",
        "pg_rewrite", "pg_statistic_ext", "pg_description", "pg_type", "pg_attribute", "pg_namespace", "pg_proc",
        "pg_operator", "pg_inherits",
    },
    "relations": {
        "pg_class", "pg_attribute", "pg_attrdef", "pg_inherits", "pg_rewrite", "pg_constraint", "pg_index",
        "pg_partitioned_table", "pg_policy", "pg_trigger", "pg_proc", "pg_namespace", "pg_depend", "roles",
    },
}  # fmt: skip
EVERYTHING: Final = frozenset[str]().union(*PARTS.values())
