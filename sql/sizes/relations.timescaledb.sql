-- What each table takes, its chunks, what they are packed into and its partitions counted with it; or each by itself.
-- @params  table text null, each boolean, now timestamptz
-- @returns table text, kind text, schema_name text null, part text null, range_start timestamptz null,
--          range_end timestamptz null, parts bigint null, packed_parts bigint, rows bigint null,
--          rows_estimated boolean null, unknown_parts bigint, foreign_parts bigint, table_bytes bigint,
--          index_bytes bigint, toast_bytes bigint, total_bytes bigint, before_bytes bigint null,
--          packed_bytes bigint null, growth_per_day bigint null
-- @locks   AccessShareLock
-- Sizes are asked by oid: each relation is opened, measured and let go, so the locks held do not grow with the number of
-- chunks. Nothing here reads a row of a table that it measures. Continuous aggregates keep their rows in hypertables of
-- other names: they stand here by their own.
with recursive hyper as materialized (
  select c.oid, x.inner_schema, x.inner_name, x.name, x.kind
    from (
      select h.hypertable_schema as inner_schema, h.hypertable_name as inner_name,
             h.hypertable_schema as schema_name, h.hypertable_name as table_name,
             format('%I.%I', h.hypertable_schema, h.hypertable_name) as name, 'hypertable' as kind
        from timescaledb_information.hypertables h
      union all
      select a.materialization_hypertable_schema, a.materialization_hypertable_name, a.view_schema, a.view_name,
             format('%I.%I', a.view_schema, a.view_name), 'aggregate'
        from timescaledb_information.continuous_aggregates a
    ) x
    join pg_namespace n on n.nspname = x.inner_schema
    join pg_class c on c.relnamespace = n.oid and c.relname = x.inner_name
    where :table::text is null or :table::text in (x.table_name, x.schema_name || '.' || x.table_name)
),
-- Brought together by grouping: a join of what the planner cannot guess the size of may become a loop in a loop.
piece as (
  select h.oid as root, k.chunk_schema, k.chunk_name, k.range_start, k.range_end, k.is_compressed as packed,
         null::bigint as index_bytes, null::bigint as toast_bytes, null::bigint as total_bytes,
         null::bigint as before_bytes, null::bigint as packed_bytes, null::bigint as packed_heap
    from hyper h
    join timescaledb_information.chunks k on k.hypertable_schema = h.inner_schema and k.hypertable_name = h.inner_name
  union all
  select h.oid, s.chunk_schema, s.chunk_name, null, null, null, s.index_bytes, s.toast_bytes, s.total_bytes, null, null, null
    from hyper h cross join lateral chunks_detailed_size(h.oid::regclass) s
  union all
  select h.oid, s.chunk_schema, s.chunk_name, null, null, null, null, null, null, s.before_compression_total_bytes,
         s.after_compression_total_bytes, s.after_compression_table_bytes
    from hyper h cross join lateral chunk_columnstore_stats(h.oid::regclass) s
    where s.compression_status = 'Compressed'
),
chunk as (
  select root, chunk_schema, chunk_name, max(range_start) as range_start, max(range_end) as range_end,
         coalesce(bool_or(packed), false) as packed, max(index_bytes) as index_bytes, max(toast_bytes) as toast_bytes,
         max(total_bytes) as total_bytes, max(before_bytes) as before_bytes, max(packed_bytes) as packed_bytes,
         max(packed_heap) as packed_heap
    from piece group by root, chunk_schema, chunk_name
),
head as materialized (
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
      and c.oid not in (select oid from hyper)
      -- A chunk may lie in any schema.
      and not exists (
        select from pg_inherits i
          join pg_class p on p.oid = i.inhparent
          join pg_namespace s on s.oid = p.relnamespace
          join timescaledb_information.hypertables h on h.hypertable_schema = s.nspname and h.hypertable_name = p.relname
          where i.inhrelid = c.oid)
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
         case when c.reltoastrelid = 0 then 0 else coalesce(pg_total_relation_size(c.reltoastrelid), 0) end as toast_bytes,
         false as packed, null::bigint as before_bytes, null::bigint as packed_bytes, null::bigint as packed_heap
    from tree t
    join head h on h.oid = t.root
    join pg_class c on c.oid = t.oid and (c.relkind <> 'p' or t.top is null)
    left join pg_class u on u.oid = t.top
    left join lateral regexp_match(pg_get_expr(u.relpartbound, 0), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') b(m) on true
  union all
  -- The hypertable itself: no rows, but files of empty indexes.
  select h.oid, h.name, h.kind, c.oid, c.relname, c.relnamespace, c.relkind, c.reltuples, c.relpages, null, null,
         pg_relation_size(c.oid), pg_indexes_size(c.oid), pg_total_relation_size(c.oid),
         case when c.reltoastrelid = 0 then 0 else coalesce(pg_total_relation_size(c.reltoastrelid), 0) end,
         false, null, null, null
    from hyper h
    join pg_class c on c.oid = h.oid
  union all
  select h.oid, h.name, h.kind, c.oid, c.relname, c.relnamespace, c.relkind, c.reltuples, c.relpages, k.range_start,
         k.range_end, pg_relation_size(c.oid), k.index_bytes, k.total_bytes, k.toast_bytes, k.packed,
         case when k.packed then k.before_bytes end, case when k.packed then k.packed_bytes end,
         case when k.packed then k.packed_heap end
    from chunk k
    join hyper h on h.oid = k.root
    join pg_namespace n on n.nspname = k.chunk_schema
    join pg_class c on c.relnamespace = n.oid and c.relname = k.chunk_name
),
counted as (
  select m.*,
         -- As the planner reckons: what ANALYZE counted, for as many pages as there are now. An empty file has no rows,
         -- whatever was counted; pages that nobody counted may have any number.
         case when m.relkind = 'p' then 0
              when m.relkind = 'f' then case when m.reltuples >= 0 then m.reltuples end
              when m.heap = 0 then 0
              when m.reltuples >= 0 and m.relpages > 0
                then m.reltuples::float8 / m.relpages * (m.heap / current_setting('block_size')::int) end as loose_rows,
         -- What is packed, beside what the chunk itself holds: batches by ANALYZE's count, times rows in a usual batch.
         case when m.packed then approximate_row_count(m.oid::regclass) - greatest(m.reltuples, 0) else 0 end as packed_rows,
         max(m.range_end) filter (where m.range_end <= :now::timestamptz) over (partition by m.root) as newest_end
    from measured m
    -- Gone since this statement began.
    where m.total_bytes is not null
),
-- What growth is told from: all that ended in the last 30 days, else the newest one that is over, when it is not long over.
dated as (
  select c.*, c.loose_rows + case when c.packed_rows > 0 or coalesce(c.packed_heap, 0) = 0 then greatest(c.packed_rows, 0) end as rows,
         coalesce(c.range_end <= :now::timestamptz and (c.range_end > :now::timestamptz - interval '30 days'
           or c.range_end = c.newest_end and c.range_end + (c.range_end - c.range_start) > :now::timestamptz), false) as recent
    from counted c
)
select d.name as table, d.kind, max(n.nspname)::text as schema_name, max(d.relname) filter (where d.oid <> d.root)::text as part,
       min(d.range_start) as range_start, max(d.range_end) as range_end,
       case when d.kind not in ('table', 'materialized') then count(*) filter (where d.oid <> d.root) end as parts,
       count(*) filter (where d.packed) as packed_parts,
       case when not bool_or(d.rows is null) then round(sum(d.rows))::bigint end as rows,
       case when not bool_or(d.rows is null) then bool_or(d.heap > 0 or d.packed or d.relkind = 'f') end as rows_estimated,
       count(*) filter (where d.rows is null) as unknown_parts,
       count(*) filter (where d.relkind = 'f') as foreign_parts,
       sum(d.total_bytes - d.index_bytes - d.toast_bytes)::bigint as table_bytes, sum(d.index_bytes)::bigint as index_bytes,
       sum(d.toast_bytes)::bigint as toast_bytes, sum(d.total_bytes)::bigint as total_bytes,
       sum(d.before_bytes)::bigint as before_bytes, sum(d.packed_bytes)::bigint as packed_bytes,
       round(sum(d.total_bytes) filter (where d.recent) / nullif(
         extract(epoch from max(d.range_end) filter (where d.recent) - min(d.range_start) filter (where d.recent)) / 86400, 0)
       )::bigint as growth_per_day
  from dated d
  join pg_namespace n on n.oid = d.relnamespace
  where not :each::boolean or d.oid <> d.root
  group by d.root, d.name, d.kind, case when :each::boolean then d.oid end
  order by case when :each::boolean then max(d.range_start) end desc nulls last, sum(d.total_bytes) desc, d.name, part
