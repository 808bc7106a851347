-- Until when there are partitions, for tables that are partitioned by ranges of one moment and have none for all the rest.
-- @params  -
-- @returns relation text, own boolean, partitions bigint, ends timestamptz null, ahead float8 null, width float8 null
-- @locks   AccessShareLock
with root as (
  select c.oid, n.nspname, c.relname
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
    where p.partstrat = 'r' and p.partnatts = 1 and p.partdefid = 0 and not c.relispartition
      and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
),
bound as (
  select i.inhparent as root, b.m[1] as lower, b.m[2] as upper
    from pg_inherits i
    join pg_class k on k.oid = i.inhrelid
    cross join lateral regexp_match(pg_get_expr(k.relpartbound, 0), 'FROM \(''?([^'')]+)''?\) TO \(''?([^'')]+)''?\)') b(m)
    where i.inhparent in (select oid from root)
),
moment as (
  -- MAXVALUE has no end; infinity is one.
  select root, case when upper = 'MAXVALUE' then 'infinity' else upper::timestamptz end as upper,
         case when lower <> 'MINVALUE' and upper <> 'MAXVALUE' then upper::timestamptz - lower::timestamptz end as width
    from bound
),
newest as (
  select root, count(*) as partitions, max(upper) as ends, (array_agg(width order by upper desc))[1] as width from moment group by root
)
select format('%I.%I', r.nspname, r.relname) as relation, r.nspname = 'arxdb' as own, w.partitions,
       case when isfinite(w.ends) then w.ends end as ends,
       case when isfinite(w.ends) then extract(epoch from w.ends - now()) end::float8 as ahead,
       extract(epoch from w.width)::float8 as width
  from newest w
  join root r on r.oid = w.root
  order by w.ends, 1
  limit 10000
