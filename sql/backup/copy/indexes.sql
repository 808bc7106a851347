-- Indexes that no constraint made.
-- @params  chunks text[]
-- @returns id text, table_id text, schema text, table_name text, name text, definition text, clustered boolean, replica_identity boolean,
--          constraint_id text null, valid boolean
-- @locks   AccessShareLock on catalogs
select format('pg_class:%s', x.oid) as id, format('pg_class:%s', c.oid) as table_id, n.nspname::text as schema, c.relname::text as table_name,
       x.relname::text as name, pg_catalog.pg_get_indexdef(x.oid) as definition, i.indisclustered as clustered,
       i.indisreplident as replica_identity,
       (select format('pg_constraint:%s', k.oid) from pg_catalog.pg_constraint k
          where k.conindid = x.oid and k.contype in ('p', 'u', 'x') and k.conrelid = c.oid) as constraint_id,
       i.indisvalid as valid
  from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
  join pg_catalog.pg_class c on c.oid = i.indrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
    and format('%I.%I', n.nspname, c.relname) <> all (:chunks::text[]) and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
  order by x.oid
