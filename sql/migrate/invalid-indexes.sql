-- Indexes that a failed or interrupted CREATE INDEX left unusable; TimescaleDB's own schemas are not ours to judge.
-- @params  -
-- @returns index_name text, table_name text, bytes bigint, building_pid int null
-- @locks   AccessShareLock on catalogs
select
  format('%I.%I', n.nspname, c.relname) as index_name,
  i.indrelid::regclass::text as table_name,
  pg_relation_size(c.oid) as bytes,
  p.pid as building_pid
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_stat_progress_create_index as p
  on p.index_relid = c.oid and p.datname = current_database()
where not i.indisvalid
  and c.relkind = 'i'
  and n.nspname not in ('pg_catalog', 'pg_toast')
  and n.nspname not like '\_timescaledb%'
order by 1
