-- The user's tables with their chunks and partitions counted in: how large, and how often read from end to end.
-- @params  -
-- @returns table text, name text, kind text, bytes bigint, rows bigint, sequential_scans bigint, sequential_rows bigint
-- @locks   AccessShareLock
with recursive member (root, oid) as (
  select c.oid, c.oid
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
      and not exists (select from pg_inherits i where i.inhrelid = c.oid)
  union all
  select m.root, i.inhrelid from member m join pg_inherits i on i.inhparent = m.oid
),
counted as materialized (
  select root, bool_or(oid <> root) as has_parts, coalesce(sum(pg_relation_size(oid)), 0)::bigint as bytes,
         sum(pg_stat_get_live_tuples(oid))::bigint as rows, sum(pg_stat_get_numscans(oid))::bigint as sequential_scans,
         sum(pg_stat_get_tuples_returned(oid))::bigint as sequential_rows
    from member
    group by root
)
select format('%I.%I', n.nspname, c.relname) as table, c.relname::text as name,
       case when c.relkind = 'p' then 'partitioned' when k.has_parts then 'inherited' else 'table' end as kind,
       k.bytes, k.rows, k.sequential_scans, k.sequential_rows
  from counted k
  join pg_class c on c.oid = k.root
  join pg_namespace n on n.oid = c.relnamespace
  order by k.bytes desc, 1
