-- Row-level security policies.
-- @params  -
-- @returns id text, schema text, table_name text, name text, command text, permissive boolean, roles text[], using_clause text null,
--          check_clause text null
-- @locks   AccessShareLock on catalogs
select format('pg_policy:%s', p.oid) as id, n.nspname::text as schema, c.relname::text as table_name, p.polname::text as name,
       p.polcmd::text as command, p.polpermissive as permissive,
       array(select r.rolname::text from pg_catalog.pg_roles r where r.oid = any (p.polroles) order by 1) as roles,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_clause, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_clause
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)'
  order by p.oid
