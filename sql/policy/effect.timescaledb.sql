-- What policies came to: chunks, how many are compressed, wait for it, were written to since, or were compressed by other
-- settings; bytes now and around compression. Rows are an estimate, from the planner's statistics; null where a chunk has none.
-- @params  relations text[], compress_after bigint[], now timestamptz
-- @returns relation text, chunks bigint, compressed bigint, backlog bigint, backlog_bytes bigint, partial bigint,
--          outdated bigint, bytes bigint null, before_bytes bigint null, after_bytes bigint null, rows bigint null,
--          oldest timestamptz null, newest timestamptz null
-- @locks   AccessShareLock
with asked as materialized (
  select a.relation, a.compress_after, c.oid, n.nspname, c.relname
    from unnest(:relations::text[], :compress_after::bigint[]) as a(relation, compress_after)
    join pg_class c on c.oid = to_regclass(a.relation)
    join pg_namespace n on n.oid = c.relnamespace
    join timescaledb_information.hypertables h on h.hypertable_schema = n.nspname and h.hypertable_name = c.relname
),
-- Brought together by grouping: a join of what the planner cannot guess the size of may become a loop in a loop.
piece as (
  select k.oid, a.oid as root, c.range_start, c.range_end, c.is_compressed, k.reltuples, null::text as segmentby, null::text as orderby
    from asked a
    join timescaledb_information.chunks c on c.hypertable_schema = a.nspname and c.hypertable_name = a.relname
    join pg_namespace n on n.nspname = c.chunk_schema
    join pg_class k on k.relnamespace = n.oid and k.relname = c.chunk_name
  union all
  select s.chunk::oid, null, null, null, null, null, s.segmentby, s.orderby from timescaledb_information.chunk_columnstore_settings s
),
part as (
  select oid, max(root) as root, max(range_start) as range_start, max(range_end) as range_end,
         bool_or(is_compressed) as is_compressed, max(reltuples) as reltuples, max(segmentby) as segmentby,
         max(orderby) as orderby
    from piece
    group by oid
    having count(root) > 0
),
chunks as materialized (
  select a.relation, c.range_start, c.range_end, c.is_compressed, c.oid, c.segmentby, c.orderby, a.oid as root,
         not c.is_compressed and c.range_end < :now::timestamptz - make_interval(secs => a.compress_after) as waits,
         case when c.is_compressed then nullif(approximate_row_count(c.oid), 0)
              when c.reltuples >= 0 then c.reltuples::bigint
              when pg_relation_size(c.oid) = 0 then 0 end as rows
    from part c
    join asked a on a.oid = c.root
),
counted as (
  select c.relation, count(*) as chunks, count(*) filter (where c.is_compressed) as compressed,
         count(*) filter (where c.waits) as backlog,
         coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.waits), 0)::bigint as backlog_bytes,
         count(*) filter (where c.is_compressed and _timescaledb_functions.chunk_status(c.oid::regclass) & 8 > 0) as partial,
         count(*) filter (where c.is_compressed and (c.segmentby, c.orderby) is distinct from (w.segmentby, w.orderby)) as outdated,
         case when bool_and(c.rows is not null) then sum(c.rows)::bigint end as rows, min(c.range_start) as oldest, max(c.range_end) as newest
    from chunks c
    left join timescaledb_information.hypertable_columnstore_settings w on w.hypertable = c.root
    group by c.relation
)
select a.relation, coalesce(c.chunks, 0) as chunks, coalesce(c.compressed, 0) as compressed, coalesce(c.backlog, 0) as backlog,
       coalesce(c.backlog_bytes, 0) as backlog_bytes, coalesce(c.partial, 0) as partial, coalesce(c.outdated, 0) as outdated,
       hypertable_size(a.oid) as bytes, z.before_compression_total_bytes as before_bytes,
       z.after_compression_total_bytes as after_bytes,
       case when c.relation is null then 0 else c.rows end as rows, c.oldest, c.newest
  from asked a
  left join counted c using (relation)
  left join lateral hypertable_columnstore_stats(a.oid) z on true
