-- Sessions of clients by what they are at, and how many of them wait for a lock; this one is none of them.
-- @params  -
-- @returns state text, sessions int, waiting int
-- @locks   AccessShareLock on catalogs
select coalesce(state, 'starting') as state, count(*)::int as sessions,
       (count(*) filter (where wait_event_type = 'Lock'))::int as waiting
  from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()
  group by 1
  order by 1
