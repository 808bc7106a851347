-- Chunks of a hypertable, oldest first: what they hold, and how they are stored.
-- @params  relation text
-- @returns chunk text, lower timestamptz, upper timestamptz, compressed boolean, partial boolean, outdated boolean,
--          bytes bigint null
-- @locks   AccessShareLock
select format('%I.%I', c.chunk_schema, c.chunk_name) as chunk, c.range_start as lower, c.range_end as upper,
       c.is_compressed as compressed,
       c.is_compressed and _timescaledb_functions.chunk_status(k.oid::regclass) & 8 > 0 as partial,
       c.is_compressed and (s.segmentby, s.orderby) is distinct from (w.segmentby, w.orderby) as outdated,
       pg_total_relation_size(k.oid) as bytes
  from pg_class h
  join pg_namespace o on o.oid = h.relnamespace
  join timescaledb_information.chunks c on c.hypertable_schema = o.nspname and c.hypertable_name = h.relname
  join pg_namespace n on n.nspname = c.chunk_schema
  join pg_class k on k.relnamespace = n.oid and k.relname = c.chunk_name
  left join timescaledb_information.chunk_columnstore_settings s on s.chunk = k.oid
  left join timescaledb_information.hypertable_columnstore_settings w on w.hypertable = h.oid
  where h.oid = to_regclass(:relation::text)
  order by c.range_start
