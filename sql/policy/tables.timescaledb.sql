-- What tables are now: hypertables with their intervals and columnstore settings, or something else.
-- @params  relations text[]
-- @returns relation text, kind text, time_column text null, time_type text null, chunk_interval bigint null,
--          columnstore boolean, segment_by text null, order_by text null, merge_to bigint null
-- @locks   AccessShareLock on catalogs
select a.relation,
       case when h.hypertable_name is not null then 'hypertable'
            when c.oid is null then 'missing'
            when c.relkind = 'p' then 'partitioned'
            when c.relkind = 'r' then 'table'
            else 'other' end as kind,
       d.column_name::text as time_column,
       d.column_type::text as time_type,
       extract(epoch from d.time_interval)::bigint as chunk_interval,
       coalesce(h.compression_enabled, false) as columnstore,
       s.segmentby as segment_by,
       s.orderby as order_by,
       extract(epoch from s.compress_interval_length::interval)::bigint as merge_to
  from unnest(:relations::text[]) as a(relation)
  left join pg_class c on c.oid = to_regclass(a.relation)
  left join pg_namespace n on n.oid = c.relnamespace
  left join timescaledb_information.hypertables h
    on h.hypertable_schema = n.nspname and h.hypertable_name = c.relname
  left join timescaledb_information.dimensions d
    on d.hypertable_schema = n.nspname and d.hypertable_name = c.relname and d.dimension_number = 1
  left join timescaledb_information.hypertable_columnstore_settings s on s.hypertable = c.oid
