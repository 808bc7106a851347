-- Who a backend waits for, as one line each.
-- @params  pid int
-- @returns pid int, application_name text null, state text null, query text null
-- @locks   AccessShareLock on catalogs
select
  a.pid,
  a.application_name,
  a.state,
  left(regexp_replace(a.query, '\s+', ' ', 'g'), 120) as query
from pg_catalog.pg_stat_activity as a
where a.pid = any(pg_catalog.pg_blocking_pids(:pid::int))
