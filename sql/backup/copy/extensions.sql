-- Extensions, and where they stand; their own schema only where they did not make it themselves.
-- @params  -
-- @returns id text, name text, version text, schema text null
-- @locks   AccessShareLock on catalogs
select format('pg_extension:%s', x.oid) as id, x.extname::text as name, x.extversion as version,
       (select n.nspname::text from pg_catalog.pg_namespace n
          where n.oid = x.extnamespace and n.nspname <> 'pg_catalog' and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_namespace'::regclass and e.objid = n.oid and e.deptype = 'e')) as schema
  from pg_catalog.pg_extension x where x.extname <> 'plpgsql' order by x.oid
