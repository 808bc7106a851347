-- Functions and procedures, as the server writes them.
-- @params  -
-- @returns id text, name text, definition text
-- @locks   AccessShareLock on catalogs
select format('pg_proc:%s', p.oid) as id, p.oid::regprocedure::text as name, pg_catalog.pg_get_functiondef(p.oid) as definition
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and p.prokind <> 'a' and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
  order by 2
