-- Schemas of users, as a copy makes them again.
-- @params  -
-- @returns id text, name text
-- @locks   AccessShareLock on catalogs
select format('pg_namespace:%s', n.oid) as id, n.nspname::text as name
  from pg_catalog.pg_namespace n
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and n.nspname <> 'public' and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_namespace'::regclass and e.objid = n.oid and e.deptype = 'e')
  order by 2
