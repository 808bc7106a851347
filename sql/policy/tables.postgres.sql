-- What tables are now: partitioned by time with the width of new partitions, or something else.
-- @params  relations text[]
-- @returns relation text, kind text, time_column text null, time_type text null, chunk_interval bigint null,
--          columnstore boolean, segment_by text null, order_by text null, merge_to bigint null
-- @locks   AccessShareLock
select a.relation,
       case when c.oid is null then 'missing'
            when c.relkind = 'p' then 'partitioned'
            when c.relkind = 'r' then 'table'
            else 'other' end as kind,
       case when p.table_name is not null then 'timestamp' end as time_column,
       case when p.table_name is not null then 'timestamp with time zone' end as time_type,
       extract(epoch from p.width)::bigint as chunk_interval,
       false as columnstore,
       null::text as segment_by,
       null::text as order_by,
       null::bigint as merge_to
  from unnest(:relations::text[]) as a(relation)
  left join pg_class c on c.oid = to_regclass(a.relation)
  left join arxdb.partitioning p
    on c.relnamespace = 'arxdb'::regnamespace and p.table_name = c.relname
