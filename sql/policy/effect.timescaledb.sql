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
settings as materialized (
  select s.chunk::oid as chunk, s.segmentby, s.orderby from timescaledb_information.chunk_columnstore_settings s
),
chunks as materialized (
  select a.relation, c.range_start, c.range_end, c.is_compressed, k.oid,
         not c.is_compressed and c.range_end < :now::timestamptz - make_interval(secs => a.compress_after) as waits,
         case when c.is_compressed then nullif(approximate_row_count(k.oid), 0)
              when k.reltuples >= 0 then k.reltuples::bigint
              when pg_relation_size(k.oid) = 0 then 0 end as rows
    from asked a
    join timescaledb_information.chunks c on c.hypertable_schema = a.nspname and c.hypertable_name = a.relname
    join pg_namespace n on n.nspname = c.chunk_schema
    join pg_class k on k.relnamespace = n.oid and k.relname = c.chunk_name
),
counted as (
  select c.relation, count(*) as chunks, count(*) filter (where c.is_compressed) as compressed,
         count(*) filter (where c.waits) as backlog,
         coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.waits), 0)::bigint as backlog_bytes,
         count(*) filter (where c.is_compressed and _timescaledb_functions.chunk_status(c.oid::regclass) & 8 > 0) as partial,
         count(*) filter (where c.is_compressed and (s.segmentby, s.orderby) is distinct from (w.segmentby, w.orderby)) as outdated,
         case when bool_and(c.rows is not null) then sum(c.rows)::bigint end as rows, min(c.range_start) as oldest, max(c.range_end) as newest
    from chunks c
    join asked a using (relation)
    left join settings s on s.chunk = c.oid
    left join timescaledb_information.hypertable_columnstore_settings w on w.hypertable = a.oid
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
