-- Extended statistics.
-- @params  -
-- @returns id text, name text, definition text
-- @locks   AccessShareLock on catalogs
select format('pg_statistic_ext:%s', s.oid) as id, s.stxname::text as name, pg_catalog.pg_get_statisticsobjdef(s.oid) as definition
  from pg_catalog.pg_statistic_ext s join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' order by s.oid
