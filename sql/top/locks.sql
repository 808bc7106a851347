-- Who waits for whom: every session in a chain of waiting, the one that holds all others up first, each below what blocks it.
-- @params  -
-- @returns pid int, depth int, waiters int, role_name text null, state text null, mode text null, relation text null,
--          seconds float8 null, query text null
-- @locks   AccessShareLock on catalogs
with recursive edge as materialized (
  select w.pid as waiter, b.pid as blocker
    from pg_stat_activity w
    cross join lateral unnest(pg_blocking_pids(w.pid)) as b(pid)
    where w.wait_event_type = 'Lock'
),
-- Everybody hangs below the first that blocks him, so that a session is one row.
parent as (
  select waiter, min(blocker) as blocker from edge group by waiter
),
tree as (
  select distinct e.blocker as pid, 0 as depth, array[e.blocker] as path from edge e
    where not exists (select from parent p where p.waiter = e.blocker)
  union all
  select p.waiter, t.depth + 1, t.path || p.waiter from tree t join parent p on p.blocker = t.pid
    where not p.waiter = any(t.path) and t.depth < 20
)
select t.pid, t.depth, (select count(*)::int from tree o where t.pid = any(o.path)) - 1 as waiters,
       a.usename::text as role_name, a.state, l.mode, l.relation,
       extract(epoch from clock_timestamp() - coalesce(l.waitstart, a.state_change))::float8 as seconds, left(a.query, 4000) as query
  from tree t
  join pg_stat_activity a on a.pid = t.pid
  left join lateral (
    select k.mode, coalesce(format('%I.%I', n.nspname, c.relname), k.locktype) as relation, k.waitstart
      from pg_locks k
      left join pg_class c on c.oid = k.relation and k.database = (select oid from pg_database where datname = current_database())
      left join pg_namespace n on n.oid = c.relnamespace
      where k.pid = t.pid and not k.granted
      limit 1
  ) l on true
  order by t.path
  limit 200
