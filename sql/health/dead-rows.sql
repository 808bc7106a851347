-- Tables with many dead rows, the chunks and partitions of each counted together.
-- @params  least bigint
-- @returns relation text, parts bigint, live bigint, dead bigint, vacuumed_at timestamptz null
-- @locks   AccessShareLock on catalogs
-- Counted from the statistics, so that no table is opened. Compressed chunks are told by their hypertable's number where
-- they inherit from nothing.
-- Parents are found by joining whole catalogs: a walk from each root down asks an index once for every chunk. Partitions
-- of partitions of partitions are as deep as it looks.
with edge as materialized (
  select inhrelid as oid, min(inhparent::int8)::oid as parent from pg_inherits group by inhrelid
),
member as (
  select c.oid, coalesce(c3.parent, c2.parent, c1.parent, c.oid) as root
    from pg_class c
    left join edge c1 on c1.oid = c.oid
    left join edge c2 on c2.oid = c1.parent
    left join edge c3 on c3.oid = c2.parent
    where c.relkind in ('r', 'm')
),
counted as (
  select m.root, count(*) filter (where m.oid <> m.root) as parts, sum(pg_stat_get_live_tuples(m.oid))::bigint as live,
         sum(pg_stat_get_dead_tuples(m.oid))::bigint as dead,
         max(greatest(pg_stat_get_last_vacuum_time(m.oid), pg_stat_get_last_autovacuum_time(m.oid))) as vacuumed_at
    from member m
    group by m.root
),
named as (
  select case when n.nspname = '_timescaledb_internal' and c.relname ~ '^compress_hyper_\d+_'
              then regexp_replace(c.relname, '^(compress_hyper_\d+).*$', '_timescaledb_internal.\1')
              else format('%I.%I', n.nspname, c.relname) end as relation, k.*
    from counted k
    join pg_class c on c.oid = k.root
    join pg_namespace n on n.oid = c.relnamespace
    where k.dead > 0
)
select d.relation, sum(d.parts)::bigint as parts, sum(d.live)::bigint as live, sum(d.dead)::bigint as dead, max(d.vacuumed_at) as vacuumed_at
  from named d
  group by d.relation
  having sum(d.dead) >= :least::bigint
  order by sum(d.dead) desc
  limit 50
