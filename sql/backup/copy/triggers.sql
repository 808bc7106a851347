-- Triggers that users made; those of partitions come with their table's, TimescaleDB's with the hypertable.
-- @params  chunks text[]
-- @returns id text, schema text, table_name text, name text, definition text, enabled text, view boolean
-- @locks   AccessShareLock on catalogs
select format('pg_trigger:%s', t.oid) as id, n.nspname::text as schema, c.relname::text as table_name, t.tgname::text as name,
       pg_catalog.pg_get_triggerdef(t.oid) as definition, t.tgenabled::text as enabled, c.relkind = 'v' as view
  from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_proc p on p.oid = t.tgfoid
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and not t.tgisinternal and t.tgparentid = 0 and p.pronamespace::regnamespace::text !~ '^_timescaledb_'
    and format('%I.%I', n.nspname, c.relname) <> all (:chunks::text[]) and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
  order by t.tgrelid, t.tgname
