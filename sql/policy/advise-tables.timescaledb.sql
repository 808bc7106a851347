-- Hypertables, named or not: their settings as they are.
-- @params  tables text[]
-- @returns relation text, schema_name text, relation_name text, readable boolean, time_column text, numbered boolean,
--          chunk_interval float8 null, segment_by text[] null, order_by text[] null, compress_after float8 null, indexes int,
--          leading text[]
-- @locks   AccessShareLock
select
  format('%I.%I', d.hypertable_schema, d.hypertable_name) as relation,
  d.hypertable_schema::text as schema_name,
  d.hypertable_name::text as relation_name,
  has_table_privilege(c.oid, 'select') and has_schema_privilege(n.oid, 'usage') as readable,
  d.column_name::text as time_column,
  d.time_interval is null as numbered,
  extract(epoch from d.time_interval)::float8 as chunk_interval,
  s.segment_by,
  s.order_by,
  (select min(extract(epoch from (j.config ->> 'compress_after')::interval))::float8
     from timescaledb_information.jobs j
     where j.hypertable_schema = d.hypertable_schema and j.hypertable_name = d.hypertable_name
       and j.proc_name in ('policy_compression', 'policy_columnstore')
       -- Of a hypertable whose time is a number it is one too.
       and d.time_interval is not null) as compress_after,
  (select count(*)::int from pg_catalog.pg_index i where i.indrelid = c.oid) as indexes,
  array(select distinct l.attname::text
          from pg_catalog.pg_index i
          join pg_catalog.pg_class x on x.oid = i.indexrelid
          join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
          join pg_catalog.pg_attribute l on l.attrelid = c.oid and l.attnum = i.indkey[0]
          where i.indrelid = c.oid and l.attnum > 0 and l.attname <> d.column_name
          order by 1) as leading
from timescaledb_information.dimensions d
join pg_catalog.pg_namespace n on n.nspname = d.hypertable_schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = d.hypertable_name
left join lateral (
  select
    array_agg(k.attname::text order by k.segmentby_column_index) filter (where k.segmentby_column_index is not null)
      as segment_by,
    array_agg(k.attname || case when k.orderby_asc then '' else ' desc' end order by k.orderby_column_index)
      filter (where k.orderby_column_index is not null) as order_by
    from timescaledb_information.compression_settings k
    where k.hypertable_schema = d.hypertable_schema and k.hypertable_name = d.hypertable_name
) s on true
-- What a continuous aggregate is kept in is not anybody's own table.
where d.dimension_number = 1 and d.hypertable_schema <> '_timescaledb_internal' and :tables::text[] is not null
order by 1
