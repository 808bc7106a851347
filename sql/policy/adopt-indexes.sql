-- Indexes of a table: their columns (an expression has none), and the constraint that each stands for.
-- @params  relation text
-- @returns name text, columns text[], is_primary boolean, is_unique boolean, exclusion boolean, whole boolean,
--          constraint_name text null
-- @locks   AccessShareLock on catalogs
select
  c.relname::text as name,
  array(
    select a.attname::text
    from unnest(i.indkey::int2[]) with ordinality as k (number, position)
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
    where k.position <= i.indnkeyatts
    order by k.position
  ) as columns,
  i.indisprimary as is_primary,
  i.indisunique as is_unique,
  i.indisexclusion as exclusion,
  i.indisvalid and i.indpred is null and i.indexprs is null as whole,
  o.conname::text as constraint_name
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
left join pg_catalog.pg_constraint as o on o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x')
where i.indrelid = to_regclass(:relation::text)
order by i.indisprimary desc, i.indisunique desc, c.relname
