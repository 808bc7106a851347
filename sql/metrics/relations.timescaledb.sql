-- What each hypertable takes, with its chunks and what they are packed into; a continuous aggregate's under its own name.
-- @params  most int
-- @returns name text, kind text, bytes bigint, parts int, largest_part bigint null, packed_parts int, before_bytes bigint null,
--          after_bytes bigint null, of int
-- @locks   AccessShareLock
-- Asked every few seconds: of the newest chunks, and of those that nobody has counted, the files are measured; of all others
-- the pages are what VACUUM and ANALYZE counted, which is no more than rows of the catalogue. Ten thousand chunks cost what
-- a few hundred cost. Grouped, and joined by hash: never chunk by chunk.
with hyper as materialized (
  select c.oid, x.name, count(*) over () as of
    from (
      select h.hypertable_schema as inner_schema, h.hypertable_name as inner_name,
             format('%I.%I', h.hypertable_schema, h.hypertable_name) as name
        from timescaledb_information.hypertables h
      union all
      select a.materialization_hypertable_schema, a.materialization_hypertable_name, format('%I.%I', a.view_schema, a.view_name)
        from timescaledb_information.continuous_aggregates a
    ) x
    join pg_namespace n on n.nspname = x.inner_schema
    join pg_class c on c.relnamespace = n.oid and c.relname = x.inner_name
    order by x.name
    limit :most::int
),
chunk as materialized (
  select h.oid as root, c.oid, c.relpages, c.reltuples, c.reltoastrelid,
         row_number() over (partition by h.oid order by c.oid desc) as newness
    from hyper h
    join pg_inherits i on i.inhparent = h.oid
    join pg_class c on c.oid = i.inhrelid
),
indexed as materialized (
  select i.indrelid, sum(c.relpages)::bigint as pages
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    group by i.indrelid
),
measured as (
  select k.root, k.oid,
         case when k.reltuples < 0 or k.newness <= 50 then pg_total_relation_size(k.oid)
              else (k.relpages + coalesce(x.pages, 0) + coalesce(t.relpages, 0))
                   * current_setting('block_size')::bigint end as bytes
    from chunk k
    left join indexed x on x.indrelid = k.oid
    left join pg_class t on t.oid = k.reltoastrelid
),
sized as (
  select root, count(*)::int as parts, sum(bytes)::bigint as bytes, max(bytes) as largest from measured group by root
)
select h.name, 'hypertable' as kind,
       (pg_total_relation_size(h.oid) + coalesce(s.bytes, 0) + coalesce(p.after, 0))::bigint as bytes,
       coalesce(s.parts, 0) as parts, s.largest as largest_part, coalesce(p.parts, 0)::int as packed_parts,
       p.before as before_bytes, p.after as after_bytes, h.of::int
  from hyper h
  left join sized s on s.root = h.oid
  cross join lateral (
    select count(*)::int as parts, sum(before_compression_total_bytes)::bigint as before,
           sum(after_compression_total_bytes)::bigint as after
      from chunk_columnstore_stats(h.oid::regclass)
      where compression_status = 'Compressed'
  ) p
  -- Gone since this statement began.
  where pg_total_relation_size(h.oid) is not null
  order by h.name
