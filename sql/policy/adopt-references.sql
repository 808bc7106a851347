-- Foreign keys from and to a table.
-- @params  relation text
-- @returns name text, from_table text, to_schema text, to_name text, incoming boolean
-- @locks   AccessShareLock on catalogs
select
  o.conname::text as name,
  format('%I.%I', fn.nspname, f.relname) as from_table,
  tn.nspname::text as to_schema,
  t.relname::text as to_name,
  o.confrelid = to_regclass(:relation::text) as incoming
from pg_catalog.pg_constraint as o
join pg_catalog.pg_class as f on f.oid = o.conrelid
join pg_catalog.pg_namespace as fn on fn.oid = f.relnamespace
join pg_catalog.pg_class as t on t.oid = o.confrelid
join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
where o.contype = 'f'
  and to_regclass(:relation::text) in (o.conrelid, o.confrelid)
order by o.conname
