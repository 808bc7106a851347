-- The index of a name on a table, whether it is usable, and which backend builds it now.
-- @params  relation text, name text
-- @returns index_name text, valid boolean, building_pid int null
-- @locks   AccessShareLock on catalogs
select
  format('%I.%I', n.nspname, c.relname) as index_name,
  i.indisvalid as valid,
  p.pid as building_pid
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_stat_progress_create_index as p
  on p.index_relid = c.oid and p.datname = current_database()
where i.indrelid = to_regclass(:relation::text)
  and c.relname = :name::text
