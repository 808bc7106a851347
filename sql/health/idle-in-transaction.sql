-- Clients that opened a transaction and do nothing, for longer than asked; counted from when they fell idle.
-- @params  longer_than float8
-- @returns pid int, role_name text null, application text null, failed boolean, seconds float8, since timestamptz, query text
-- @locks   AccessShareLock on catalogs
select pid, usename::text as role_name, application_name as application, state like '%(aborted)' as failed,
       extract(epoch from clock_timestamp() - state_change)::float8 as seconds, state_change as since, left(query, 200) as query
  from pg_stat_activity
  where state like 'idle in transaction%' and pid <> pg_backend_pid()
    and state_change < clock_timestamp() - make_interval(secs => :longer_than::float8)
  order by state_change
  limit 50
