-- Sessions that do something, or hold something: all but the idle ones, and this one.
-- @params  with_idle boolean
-- @returns pid int, role_name text null, database text null, application text null, state text null, wait text null,
--          seconds float8 null, transaction_seconds float8 null, blocked_by text null, query text null
-- @locks   AccessShareLock on catalogs
select pid, usename::text as role_name, datname::text as database, application_name as application,
       coalesce(state, backend_type) as state, nullif(concat_ws(':', wait_event_type, wait_event), 'Client:ClientRead') as wait,
       extract(epoch from clock_timestamp() - case when state like 'idle%' then state_change else query_start end)::float8 as seconds,
       extract(epoch from clock_timestamp() - xact_start)::float8 as transaction_seconds,
       case when wait_event_type = 'Lock' then nullif(array_to_string(pg_blocking_pids(pid), ' '), '') end as blocked_by,
       left(query, 4000) as query
  from pg_stat_activity
  where pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender', 'autovacuum worker', 'parallel worker')
    and (:with_idle::boolean or state is distinct from 'idle')
  order by seconds desc nulls last
  limit 200
