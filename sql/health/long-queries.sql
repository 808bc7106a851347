-- Statements of clients that run for longer than asked; replication, autovacuum and this session are none of them.
-- @params  longer_than float8
-- @returns pid int, role_name text null, application text null, seconds float8, since timestamptz, query text
-- @locks   AccessShareLock on catalogs
select pid, usename::text as role_name, application_name as application,
       extract(epoch from clock_timestamp() - query_start)::float8 as seconds, query_start as since, left(query, 200) as query
  from pg_stat_activity
  where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid()
    and query_start < clock_timestamp() - make_interval(secs => :longer_than::float8)
  order by query_start
  limit 50
