-- Views and materialized views.
-- @params  -
-- @returns id text, schema text, name text, kind text, options text[], definition text, populated boolean, columns text[]
-- @locks   AccessShareLock on catalogs
select format('pg_class:%s', c.oid) as id, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
       coalesce(c.reloptions, '{}') as options, pg_catalog.pg_get_viewdef(c.oid) as definition, c.relispopulated as populated,
       array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)
         as columns
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and c.relkind in ('v', 'm') and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
  order by c.oid
