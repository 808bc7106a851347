-- What each table takes, its partitions counted with it; or each partition by itself.
-- @params  table text null, each boolean, now timestamptz
-- @returns table text, kind text, schema_name text null, part text null, range_start timestamptz null,
--          range_end timestamptz null, parts bigint null, packed_parts bigint, rows bigint null,
--          rows_estimated boolean null, unknown_parts bigint, foreign_parts bigint, table_bytes bigint,
--          index_bytes bigint, toast_bytes bigint, total_bytes bigint, before_bytes bigint null,
--          packed_bytes bigint null, growth_per_day bigint null
-- @locks   AccessShareLock
-- Sizes are asked by oid: each relation is opened, measured and let go, so the locks held do not grow with the number of
-- partitions. Nothing here reads a row of a table that it measures.
with recursive head as materialized (
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind,
         case c.relkind when 'p' then 'partitioned' when 'm' then 'materialized' else 'table' end as kind,
         -- Bounds are times only where the key is one column of such a type.
         coalesce((
           select p.partstrat = 'r' and p.partnatts = 1
                  and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
             from pg_partitioned_table p
             join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
             where p.partrelid = c.oid), false) as timed
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and not c.relispartition
      and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
      and (:table::text is null or :table::text in (c.relname, n.nspname || '.' || c.relname))
),
-- Partitions of partitions belong to the uppermost, whose bounds are theirs.
tree (root, oid, top) as (
  select oid, oid, null::oid from head
  union all
  select t.root, i.inhrelid, coalesce(t.top, i.inhrelid)
    from tree t
    join pg_class c on c.oid = t.oid and c.relkind = 'p'
    join pg_inherits i on i.inhparent = t.oid
),
measured as (
  select h.oid as root, h.name, h.kind, c.oid, c.relname, c.relnamespace, c.relkind, c.reltuples, c.relpages,
         case when h.timed and b.m[1] !~ 'infinity' then b.m[1]::timestamptz end as range_start,
         case when h.timed and b.m[2] !~ 'infinity' then b.m[2]::timestamptz end as range_end,
         pg_relation_size(c.oid) as heap, pg_indexes_size(c.oid) as index_bytes, pg_total_relation_size(c.oid) as total_bytes,
         case when c.reltoastrelid = 0 then 0 else coalesce(pg_total_relation_size(c.reltoastrelid), 0) end as toast_bytes
    from tree t
    join head h on h.oid = t.root
    join pg_class c on c.oid = t.oid and (c.relkind <> 'p' or t.top is null)
    left join pg_class u on u.oid = t.top
    left join lateral regexp_match(pg_get_expr(u.relpartbound, 0), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') b(m) on true
),
part as (
  select m.*,
         -- As the planner reckons: what ANALYZE counted, for as many pages as there are now. An empty file has no rows,
         -- whatever was counted; pages that nobody counted may have any number.
         case when m.relkind = 'p' then 0
              when m.relkind = 'f' then case when m.reltuples >= 0 then m.reltuples end
              when m.heap = 0 then 0
              when m.reltuples >= 0 and m.relpages > 0
                then m.reltuples::float8 / m.relpages * (m.heap / current_setting('block_size')::int) end as rows,
         max(m.range_end) filter (where m.range_end <= :now::timestamptz) over (partition by m.root) as newest_end
    from measured m
    -- Gone since this statement began.
    where m.total_bytes is not null
),
-- What growth is told from: all that ended in the last 30 days, else the newest one that is over, when it is not long over.
dated as (
  select p.*, coalesce(p.range_end <= :now::timestamptz and (p.range_end > :now::timestamptz - interval '30 days'
           or p.range_end = p.newest_end and p.range_end + (p.range_end - p.range_start) > :now::timestamptz), false) as recent
    from part p
)
select d.name as table, d.kind, max(n.nspname)::text as schema_name, max(d.relname) filter (where d.oid <> d.root)::text as part,
       min(d.range_start) as range_start, max(d.range_end) as range_end,
       case when d.kind = 'partitioned' then count(*) filter (where d.oid <> d.root) end as parts,
       0::bigint as packed_parts,
       case when not bool_or(d.rows is null) then round(sum(d.rows))::bigint end as rows,
       case when not bool_or(d.rows is null) then bool_or(d.heap > 0 or d.relkind = 'f') end as rows_estimated,
       count(*) filter (where d.rows is null) as unknown_parts,
       count(*) filter (where d.relkind = 'f') as foreign_parts,
       sum(d.total_bytes - d.index_bytes - d.toast_bytes)::bigint as table_bytes, sum(d.index_bytes)::bigint as index_bytes,
       sum(d.toast_bytes)::bigint as toast_bytes, sum(d.total_bytes)::bigint as total_bytes,
       null::bigint as before_bytes, null::bigint as packed_bytes,
       round(sum(d.total_bytes) filter (where d.recent) / nullif(
         extract(epoch from max(d.range_end) filter (where d.recent) - min(d.range_start) filter (where d.recent)) / 86400, 0)
       )::bigint as growth_per_day
  from dated d
  join pg_namespace n on n.oid = d.relnamespace
  where not :each::boolean or d.oid <> d.root
  group by d.root, d.name, d.kind, case when :each::boolean then d.oid end
  order by case when :each::boolean then max(d.range_start) end desc nulls last, sum(d.total_bytes) desc, d.name, part
