-- Constraints of tables; those that a partition has through its table come with it, save its keys and checks.
-- @params  chunks text[]
-- @returns id text, table_id text, schema text, table_name text, name text, type text, definition text
-- @locks   AccessShareLock on catalogs
select format('pg_constraint:%s', k.oid) as id, format('pg_class:%s', c.oid) as table_id, n.nspname::text as schema,
       c.relname::text as table_name, k.conname::text as name, k.contype::text as type, pg_catalog.pg_get_constraintdef(k.oid) as definition
  from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and c.relpersistence <> 't' and k.contype in ('c', 'p', 'u', 'x', 'f') and (k.contype <> 'f' or k.conparentid = 0)
    and format('%I.%I', n.nspname, c.relname) <> all (:chunks::text[]) and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
  order by k.oid
