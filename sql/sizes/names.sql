-- What --table may name: tables, partitioned or not, and views, as continuous aggregates are.
-- @params  -
-- @returns schema_name text, table_name text
-- @locks   AccessShareLock
select n.nspname::text as schema_name, c.relname::text as table_name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm', 'v') and not c.relispartition
    and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
  order by n.nspname <> 'arxdb', n.nspname, c.relname
