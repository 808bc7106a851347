-- Tables, partitions and chunks that a backup reads: all but temporary ones, system catalogs, and what a role may not read.
-- @params  -
-- @returns schema text, name text
-- @locks   AccessShareLock on catalogs
select n.nspname::text as schema, c.relname::text as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and n.nspname not in ('_timescaledb_catalog', '_timescaledb_config', '_timescaledb_cache')
    and pg_catalog.has_table_privilege(c.oid, 'select')
  order by c.oid
