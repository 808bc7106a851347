-- Hypertables: their dimensions, how they are compressed, and which stretches are (microseconds, or the integers of their time).
-- @params  -
-- @returns schema text, name text, dimensions jsonb, columnstore boolean, segment_by text null, order_by text null, merge_to text null,
--          compressed jsonb
-- @locks   AccessShareLock
select h.hypertable_schema::text as schema, h.hypertable_name::text as name,
       (select jsonb_agg(jsonb_build_object('column', d.column_name, 'type', d.column_type::text, 'kind', d.dimension_type,
                 'interval', d.time_interval::text, 'integer', d.integer_interval, 'now', d.integer_now_func, 'partitions', d.num_partitions)
                 order by d.dimension_number)
          from timescaledb_information.dimensions d
          where d.hypertable_schema = h.hypertable_schema and d.hypertable_name = h.hypertable_name) as dimensions,
       h.compression_enabled as columnstore, s.segmentby as segment_by, s.orderby as order_by,
       s.compress_interval_length::text as merge_to,
       (select coalesce(jsonb_agg(jsonb_build_array(
                 coalesce(c.range_start_integer::text, (extract(epoch from c.range_start) * 1000000)::bigint::text),
                 coalesce(c.range_end_integer::text, (extract(epoch from c.range_end) * 1000000)::bigint::text)) order by c.range_start, c.range_start_integer), '[]')
          from timescaledb_information.chunks c
          where c.hypertable_schema = h.hypertable_schema and c.hypertable_name = h.hypertable_name and c.is_compressed) as compressed
  from timescaledb_information.hypertables h
  join pg_catalog.pg_namespace n on n.nspname = h.hypertable_schema
  join pg_catalog.pg_class t on t.relnamespace = n.oid and t.relname = h.hypertable_name
  left join timescaledb_information.hypertable_columnstore_settings s on s.hypertable = t.oid
  where h.hypertable_schema !~ '^_timescaledb_'
  order by 1, 2
