"""Reads Routines from a database's catalog."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from proxy.catalog.routines import Aggregate, Routine, Routines
from proxy.model import Oid

Fetch: TypeAlias = Callable[[str], Awaitable[Sequence[Any]]]

FACTS: Final = """
select p.oid, pg_get_userbyid(p.proowner)::text as owner, coalesce(e.extname::text, '') as extension,
       coalesce(p.probin, '') as library, case when l.lanname in ('c', 'internal') then p.prosrc else '' end as symbol,
       coalesce(p.proconfig, '{}') as settings,
       case when p.proargmodes is null then coalesce(p.proargnames, '{}')
            else (select array_agg(coalesce(p.proargnames[at], '') order by at)
                  from generate_subscripts(p.proargmodes, 1) at where p.proargmodes[at] in ('i', 'b', 'v'))
       end as names,
       (select array_agg(p.proallargtypes[at] order by at)
        from generate_subscripts(p.proargmodes, 1) at where p.proargmodes[at] in ('o', 'b', 't')) as out_types,
       p.proargdefaults::text as defaults
from pg_proc p join pg_language l on l.oid = p.prolang
left join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid
where p.oid >= 16384 order by p.oid
"""

AGGREGATES: Final = """
select aggfnoid::oid, array[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn,
                             aggminvtransfn, aggmfinalfn]::oid[], array[aggtranstype, aggmtranstype]::oid[]
from pg_aggregate where aggfnoid >= 16384 order by 1
"""

CASTS: Final = "select castsource, casttarget, castfunc::oid from pg_cast where oid >= 16384 order by 1, 2"

SUPPORTS: Final = """
select c.opcintype, array_agg(distinct f.function order by f.function) from pg_opclass c join (
       select p.amprocfamily as family, p.amproc::oid as function from pg_amproc p
       union select o.amopfamily, r.oprcode::oid from pg_amop o join pg_operator r on r.oid = o.amopopr) f
     on f.family = c.opcfamily
where f.function >= 16384 group by 1 order by 1
"""

RANGES: Final = """
select type, functions from (
       select rngtypid as type, array[rngcanonical, rngsubdiff]::oid[] as functions from pg_range
       union all
       select (to_jsonb(r) ->> 'rngmultitypid')::oid, array[rngcanonical, rngsubdiff]::oid[] from pg_range r) x
where type >= 16384 order by 1
"""  # multiranges are of 14 and later

RIVALS: Final = """
select o.oid from pg_operator o where o.oprnamespace = 'pg_catalog'::regnamespace
and exists (select from pg_operator made where made.oid >= 16384 and made.oprname = o.oprname) order by 1
"""


async def load_routines(fetch: Fetch) -> Routines:
    """All of them. fetch: asks a question with search_path set to pg_catalog."""
    supports = defaultdict[Oid, set[Oid]](set)
    for type_oid, functions in [*await fetch(SUPPORTS), *await fetch(RANGES)]:
        supports[type_oid] |= {one for one in functions if one}
    return Routines(
        facts={row["oid"]: _routine(row) for row in await fetch(FACTS)},
        aggregates={
            oid: Aggregate(tuple(one for one in functions if one), tuple(one for one in states if one))
            for oid, functions, states in await fetch(AGGREGATES)
        },
        casts=tuple((source, target, function) for source, target, function in await fetch(CASTS)),
        supports={oid: tuple(sorted(functions)) for oid, functions in sorted(supports.items()) if functions},
        rivals=tuple(oid for (oid,) in await fetch(RIVALS)),
    )


def _routine(row: Any) -> Routine:
    return Routine(
        owner=row["owner"],
        extension=row["extension"],
        library=row["library"],
        symbol=row["symbol"],
        settings=tuple(row["settings"]),
        names=tuple(row["names"] or ()),
        out_types=tuple(row["out_types"] or ()),
        defaults=row["defaults"],
    )
