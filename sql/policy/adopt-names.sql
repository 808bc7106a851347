-- Names of the tables that somebody may have meant.
-- @params  -
-- @returns schema text, name text
-- @locks   AccessShareLock on catalogs
select
  n.nspname::text as schema,
  c.relname::text as name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
  and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema', 'arxdb')
  and n.nspname !~ '^(pg_toast|pg_temp|_timescaledb)'
order by n.nspname, c.relname
limit 2000
