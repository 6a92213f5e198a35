"""What is stored and may hold constants, as trees and as the server shows it: one question.

The texts are those of a session whose search_path is pg_catalog's alone, both plain and pretty. They are what a
restricted reader may be shown of a definition word for word; a text that is missing here costs it its literals.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from proxy.catalog.snapshot import FIRST_NORMAL_OID, Definition

_LASTING: Final = "(select oid from pg_class where relpersistence <> 't')"

_OF_RELATIONS: Final = ", ".join(
    f"'{catalog}'::regclass"
    for catalog in ("pg_class", "pg_constraint", "pg_type", "pg_trigger", "pg_policy", "pg_rewrite", "pg_statistic_ext")
)

_TREES: Final = f"""
select 2604::oid, 'adbin', adrelid, 0::oid, array[adnum]::int2[], adbin::text,
       array[pg_get_expr(adbin, adrelid), pg_get_expr(adbin, adrelid, true)]
from pg_attrdef where adrelid in {_LASTING}
union all
select 2606, 'conbin', conrelid, contypid, conkey, conbin::text,
       array[pg_get_constraintdef(oid), pg_get_constraintdef(oid, true), substr(pg_get_constraintdef(oid), 7),
             pg_get_expr(conbin, conrelid), pg_get_expr(conbin, conrelid, true)]
from pg_constraint where conbin is not null and (conrelid = 0 or conrelid in {_LASTING})
union all
select 1247, 'typdefaultbin', 0, oid, null, typdefaultbin::text, array[typdefault]
from pg_type where typdefaultbin is not null
union all
select 2610, kind, indrelid, 0, null, tree::text, array[
       pg_get_indexdef(indexrelid), pg_get_indexdef(indexrelid, 0, true), pg_get_expr(tree, indrelid),
       pg_get_expr(tree, indrelid, true)]
from pg_index, lateral (values ('indpred', indpred), ('indexprs', indexprs)) as held(kind, tree)
where tree is not null and indrelid in {_LASTING}
union all
select 3350, 'partexprs', partrelid, 0, null, partexprs::text, array[pg_get_partkeydef(partrelid)]
from pg_partitioned_table where partexprs is not null and partrelid in {_LASTING}
union all
select 1259, 'relpartbound', i.inhparent, 0, p.partattrs::int2[], c.relpartbound::text,
       array[pg_get_expr(c.relpartbound, c.oid), pg_get_expr(c.relpartbound, c.oid, true)]
from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_partitioned_table p on p.partrelid = i.inhparent
where c.relpartbound is not null and c.oid in {_LASTING}
union all
select 3256, kind, polrelid, 0, null, tree::text, array[pg_get_expr(tree, polrelid), pg_get_expr(tree, polrelid, true)]
from pg_policy, lateral (values ('polqual', polqual), ('polwithcheck', polwithcheck)) as held(kind, tree)
where tree is not null and polrelid in {_LASTING}
union all
select 2620, 'tgqual', tgrelid, 0, null, tgqual::text, array[pg_get_triggerdef(oid), pg_get_triggerdef(oid, true)]
from pg_trigger where tgqual is not null and tgrelid in {_LASTING}
union all
select 2618, 'ev_action', ev_class, 0, null, tree, array[pg_get_ruledef(oid), pg_get_ruledef(oid, true)]
from pg_rewrite, lateral (values (ev_action::text), (ev_qual::text)) as held(tree)
where ev_type <> '1' and ev_class in {_LASTING} and tree <> '<>'
union all
select 3381, 'stxexprs', stxrelid, 0, stxkeys::int2[], stx_tree, array[pg_get_statisticsobjdef(oid)]
from (select s.*, to_jsonb(s) ->> 'stxexprs' as stx_tree from pg_statistic_ext s) s
where stx_tree is not null and stxrelid in {_LASTING}
"""  # noqa: S608  _LASTING is ours

_COMMENTS: Final = f"""
select 2609::oid, 'description', relation, type, attnums, null::text, array[description] from (
  select classoid, objoid, c.oid as relation, 0::oid as type, array[objsubid]::int2[] as attnums, description
  from pg_description join pg_class c on c.oid = objoid and c.relkind not in ('i', 'I')
  where classoid = 'pg_class'::regclass
  union all
  select classoid, objoid, indrelid, 0, indkey::int2[], description from pg_description
  join pg_index on indexrelid = objoid where classoid = 'pg_class'::regclass
  union all
  select classoid, objoid, conrelid, contypid, coalesce(conkey, '{{0}}'), description from pg_description
  join pg_constraint c on c.oid = objoid where classoid = 'pg_constraint'::regclass
  union all
  select classoid, objoid, 0, objoid, null, description from pg_description where classoid = 'pg_type'::regclass
  union all
  select classoid, objoid, part.relation, 0, '{{0}}', description from pg_description join (
    select 'pg_trigger'::regclass as catalog, oid, tgrelid as relation from pg_trigger union all
    select 'pg_policy'::regclass, oid, polrelid from pg_policy union all
    select 'pg_rewrite'::regclass, oid, ev_class from pg_rewrite union all
    select 'pg_statistic_ext'::regclass, oid, stxrelid from pg_statistic_ext) part
  on part.catalog = classoid and part.oid = objoid
) held where objoid >= {FIRST_NORMAL_OID} and (relation = 0 or relation in {_LASTING})
union all
select 2609, 'description', 0, 0, null, null, array_agg(distinct description order by description)
from pg_description where objoid < {FIRST_NORMAL_OID} or classoid not in ({_OF_RELATIONS})
"""  # noqa: S608  what is put in is ours
"""Of a comment all is constant: it is for the columns of what it stands at, or for none."""


class Connection(Protocol):
    """The part of a connection that is used."""

    async def fetch(self, query: str) -> Sequence[Sequence[Any]]:
        """The rows of a query."""


async def definitions(connection: Connection) -> tuple[Definition, ...]:
    """All of them, in a fixed order."""
    rows = [*await connection.fetch(_TREES), *await connection.fetch(_COMMENTS)]
    found = [
        Definition(catalog, column, relation, type_oid, tuple(attnums or ()), tree, tuple(one for one in texts if one))
        for catalog, column, relation, type_oid, attnums, tree, texts in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.catalog, one.column, one.relation, one.attnums, one.texts)))
