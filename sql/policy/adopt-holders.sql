-- Who holds a lock on a table, longest first.
-- @params  relation text
-- @returns pid int, application_name text null, state text null, seconds float8 null
-- @locks   AccessShareLock on catalogs
select
  l.pid,
  max(a.application_name) as application_name,
  max(a.state) as state,
  max(extract(epoch from clock_timestamp() - a.xact_start))::float8 as seconds
from pg_catalog.pg_locks as l
left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.relation = to_regclass(:relation::text)
  and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and l.granted
  and l.pid is not null
  and l.pid <> pg_backend_pid()
group by l.pid
order by seconds desc nulls last
limit 5
