-- Sessions that wait for a lock, and those they wait for.
-- @params  -
-- @returns pid int, blockers int[], role_name text null, application text null, state text null, state_seconds float8 null,
--          seconds float8 null, since timestamptz null, query text null
-- @locks   AccessShareLock on catalogs
-- Seconds of waiting are null for those who wait for nobody. Pid 0 stands for a prepared transaction.
with waiting as (
  select l.pid, min(l.waitstart) as since from pg_locks l where not l.granted group by l.pid order by 2 limit 200
),
waiter as materialized (
  select w.pid, pg_blocking_pids(w.pid) as blockers, w.since from waiting w
),
involved as (
  select w.pid, w.blockers, w.since, true as waits from waiter w where cardinality(w.blockers) > 0
  union all
  select b.pid, '{}'::int[], null, false
    from (select distinct unnest(w.blockers) as pid from waiter w) b
    where b.pid not in (select w.pid from waiter w where cardinality(w.blockers) > 0)
)
select i.pid, i.blockers, a.usename::text as role_name, a.application_name as application, a.state,
       extract(epoch from clock_timestamp() - a.state_change)::float8 as state_seconds,
       case when i.waits then greatest(extract(epoch from clock_timestamp() - coalesce(i.since, a.query_start)), 0)::float8 end as seconds,
       case when i.waits then coalesce(i.since, a.query_start) end as since, left(a.query, 200) as query
  from involved i
  left join pg_stat_activity a on a.pid = i.pid
