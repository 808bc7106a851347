-- The newest chunks of each table that hold rows, as the planner takes them to be, and how many there are in all. Chunks
-- of one stretch of time, as a second dimension makes them, count as one; `bytes` is what it was before compression.
-- @params  tables text[], most int
-- @returns relation text, lower float8, upper float8, rows float8 null, bytes bigint, blocks bigint,
--          compressed boolean, parts int, span float8
-- @locks   AccessShareLock on catalogs
with chunks as (
  select format('%I.%I', k.hypertable_schema, k.hypertable_name) as name,
         format('%I.%I', k.hypertable_schema, k.hypertable_name)::regclass as root, k.chunk_schema, k.chunk_name, c.oid,
         c.reltuples, c.relpages, h.heap, k.is_compressed, k.range_start, k.range_end
    from timescaledb_information.chunks k
    join pg_catalog.pg_namespace n on n.nspname = k.chunk_schema
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = k.chunk_name
    cross join lateral (select pg_relation_size(c.oid) as heap) h
    where format('%I.%I', k.hypertable_schema, k.hypertable_name) = any(:tables::text[])
      and k.range_start is not null and (h.heap > 0 or k.is_compressed)
),
ranked as (
  select *, dense_rank() over (partition by name order by range_end desc) as rank,
         count(*) over (partition by name)::int as parts
    from chunks
),
spans as (
  select name, sum(extract(epoch from range_end - range_start))::float8 as span
    from (select distinct name, range_start, range_end from chunks) d
    group by name
),
squeezed as (
  select s.chunk_schema, s.chunk_name, s.before_compression_total_bytes as bytes
    from (select distinct root from ranked where rank <= :most::int and is_compressed) r
    cross join lateral chunk_compression_stats(r.root) s
),
newest as (
  select r.name, r.range_start, r.range_end, r.parts, r.is_compressed, r.heap,
         case when r.is_compressed then nullif(approximate_row_count(r.oid), 0)::float8
              when r.reltuples > 0 and r.relpages > 0
              then r.reltuples / r.relpages::float8 * r.heap / current_setting('block_size')::int end as rows,
         -- Rows that came after it was compressed are too few to matter.
         coalesce(case when r.is_compressed then q.bytes end, pg_total_relation_size(r.oid)) as bytes
    from ranked r
    left join squeezed q using (chunk_schema, chunk_name)
    where r.rank <= :most::int
)
select
  w.name as relation,
  extract(epoch from w.range_start)::float8 as lower,
  extract(epoch from w.range_end)::float8 as upper,
  case when count(*) = count(w.rows) then sum(w.rows) end as rows,
  sum(w.bytes)::bigint as bytes,
  (sum(w.heap) / current_setting('block_size')::int)::bigint as blocks,
  bool_or(w.is_compressed) as compressed,
  max(w.parts) as parts,
  max(s.span) as span
from newest w
join spans s using (name)
group by w.name, w.range_start, w.range_end
order by w.name, upper desc
