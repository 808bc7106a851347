-- Who waits for a lock, and who is in the way: what each wants and holds of what is waited for.
-- @params  most int
-- @returns pid int, blocked_by int[], wants text null, holds text null, lock_type text null, relation text null,
--          part text null, waits float8 null, transaction float8 null, state text null, kind text null,
--          role_name text null, application text null, database text null, prepared text null, query text null,
--          waiting bigint
-- @locks   AccessShareLock on catalogs
-- The lock table and the catalogue alone are asked: whatever is locked, this does not wait for it. Others' locks are no
-- secret, others' statements are.
with recursive held as materialized (
  select *, (locktype, database, relation, page, tuple, virtualxid, transactionid, classid, objid, objsubid)::text as tag
    from pg_locks
),
waiter as materialized (
  select h.*, count(*) over () as waiting from held h where not h.granted order by h.waitstart nulls last limit :most::int
),
edge as materialized (
  select w.pid, b.pid as blocker, w.tag
    from waiter w
    cross join lateral (select distinct pid from unnest(pg_blocking_pids(w.pid)) pid) b
),
-- A prepared transaction has no session: 0 stands for all of them, told apart by what they hold, and each has its own id.
involved as (
  select pid from edge where pid <> 0
  union
  select blocker from edge where blocker <> 0
),
blocking as (
  select e.blocker as pid, string_agg(distinct h.mode, ', ') as holds, min(w.relation) as relation, min(w.locktype) as lock_type
    from edge e
    join waiter w on w.pid = e.pid
    left join held h on h.pid = e.blocker and h.granted and h.tag = e.tag
    where e.blocker <> 0
    group by e.blocker
),
prepared as (
  select p.gid, p.owner, p.database, p.prepared, e.pid as waiter, h.mode, w.locktype,
         -dense_rank() over (order by p.gid) as stand_in
    from edge e
    join waiter w on w.pid = e.pid
    join held h on h.pid is null and h.granted and h.tag = e.tag
    join held own on own.pid is null and own.locktype = 'transactionid' and own.virtualtransaction = h.virtualtransaction
    join pg_prepared_xacts p on p.transaction = own.transactionid
    where e.blocker = 0
),
-- A row that is waited for is known by the transaction that holds it, and its table by the place that was taken in the queue.
session as (
  select i.pid, w.mode as wants, b.holds, coalesce(w.locktype, b.lock_type) as lock_type,
         coalesce(w.relation, q.relation, b.relation, r.relation) as relation, w.waitstart, w.waiting
    from involved i
    left join waiter w on w.pid = i.pid
    left join blocking b on b.pid = i.pid
    left join lateral (
      select min(h.relation) as relation from held h where h.pid = i.pid and h.granted and h.locktype = 'tuple' and w.pid is not null
    ) q on true
    left join lateral (
      select min(h.relation) as relation from edge e join held h on h.pid = e.pid and h.granted and h.locktype = 'tuple'
        where e.blocker = i.pid
    ) r on true
),
-- From an index or what lies beside a table to the table, and from a chunk or partition to what it is part of.
root (oid, at) as (
  select s.relation, coalesce(t.oid, x.indrelid, s.relation)
    from (select distinct relation from session) s
    left join pg_index x on x.indexrelid = s.relation
    left join pg_class t on t.reltoastrelid = coalesce(x.indrelid, s.relation)
    where s.relation is not null
  union
  select r.oid, i.inhparent from root r join pg_inherits i on i.inhrelid = r.at
),
named as (
  select r.oid, min(format('%I.%I', n.nspname, c.relname)) as relation,
         (select format('%I.%I', pn.nspname, p.relname)
            from pg_class p join pg_namespace pn on pn.oid = p.relnamespace where p.oid = r.oid) as part
    from root r
    join pg_class c on c.oid = r.at
    join pg_namespace n on n.oid = c.relnamespace
    where not exists (select from pg_inherits i where i.inhrelid = r.at)
    group by r.oid
)
select s.pid,
       array(select coalesce(p.stand_in::int, e.blocker)
               from edge e left join prepared p on p.waiter = e.pid and e.blocker = 0 where e.pid = s.pid order by 1) as blocked_by,
       s.wants, s.holds, s.lock_type, n.relation, nullif(n.part, n.relation) as part,
       case when s.wants is not null then extract(epoch from clock_timestamp() - s.waitstart)::float8 end as waits,
       extract(epoch from clock_timestamp() - a.xact_start)::float8 as transaction, a.state, a.backend_type as kind,
       a.usename::text as role_name, a.application_name as application, a.datname::text as database, null as prepared,
       left(a.query, 1000) as query, coalesce(s.waiting, 0) as waiting
  from session s
  left join pg_stat_activity a on a.pid = s.pid
  left join named n on n.oid = s.relation
union all
select p.stand_in::int, '{}', null, string_agg(distinct p.mode, ', '), min(p.locktype), min(n.relation),
       min(nullif(n.part, n.relation)), null, max(extract(epoch from clock_timestamp() - p.prepared))::float8, 'prepared', null,
       min(p.owner)::text, null, min(p.database)::text, p.gid, null, 0
  from prepared p
  left join session s on s.pid = p.waiter
  left join named n on n.oid = s.relation
  group by p.stand_in, p.gid
