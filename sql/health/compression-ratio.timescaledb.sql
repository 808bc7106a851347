-- How well the newest compressed chunks of each hypertable shrank, and those before them; tiny ones tell nothing.
-- @params  newest int, earlier int, least bigint
-- @returns relation text, newest_chunks bigint, newest_before bigint, newest_after bigint, earlier_chunks bigint,
--          earlier_before bigint null, earlier_after bigint null
-- @locks   AccessShareLock
with hyper as materialized (
  select c.oid
    from (
      select hypertable_schema as schema_name, hypertable_name as table_name
        from timescaledb_information.hypertables where compression_enabled
      union all
      select materialization_hypertable_schema, materialization_hypertable_name
        from timescaledb_information.continuous_aggregates where compression_enabled
    ) x
    join pg_namespace n on n.nspname = x.schema_name
    join pg_class c on c.relnamespace = n.oid and c.relname = x.table_name
),
piece as (
  select h.oid as root, t.chunk_schema, t.chunk_name, null::timestamptz as upper, null::bigint as upper_integer,
         t.before_compression_total_bytes as before, t.after_compression_total_bytes as after
    from hyper h
    cross join lateral chunk_columnstore_stats(h.oid::regclass) t
    where t.compression_status = 'Compressed' and t.before_compression_total_bytes >= :least::bigint
  union all
  select null, chunk_schema, chunk_name, range_end, range_end_integer, null, null
    from timescaledb_information.chunks
    where is_compressed and exists (select from hyper)
),
chunk as (
  select max(root) as root, max(before) as before, greatest(max(after), 1) as after,
         row_number() over (partition by max(root) order by max(upper) desc nulls last, max(upper_integer) desc) as rank
    from piece
    group by chunk_schema, chunk_name
    having max(before) > 0
)
select format('%I.%I', n.nspname, r.relname) as relation, count(*) filter (where rank <= :newest::int) as newest_chunks,
       (sum(before) filter (where rank <= :newest::int))::bigint as newest_before,
       (sum(after) filter (where rank <= :newest::int))::bigint as newest_after,
       count(*) filter (where rank > :newest::int) as earlier_chunks,
       (sum(before) filter (where rank > :newest::int))::bigint as earlier_before,
       (sum(after) filter (where rank > :newest::int))::bigint as earlier_after
  from chunk c
  join pg_class r on r.oid = c.root
  join pg_namespace n on n.oid = r.relnamespace
  where rank <= :newest::int + :earlier::int
  group by n.nspname, r.relname
  order by 1
  limit 10000
