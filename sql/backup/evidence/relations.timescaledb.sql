-- Tables to count, hypertables and partitioned ones whole, what continuous aggregates hold, and the column that says when.
-- @params  -
-- @returns schema text, name text, kind text, unlogged boolean, time_column text null, stored_schema text, stored_name text
-- @locks   AccessShareLock
with hyper as materialized (
  select h.hypertable_schema, h.hypertable_name, d.column_name
    from timescaledb_information.hypertables h
    join timescaledb_information.dimensions d using (hypertable_schema, hypertable_name)
    where d.dimension_number = 1
),
-- A chunk may lie in any schema; it is counted with its hypertable.
parent as materialized (
  select c.oid from hyper h
    join pg_namespace n on n.nspname = h.hypertable_schema
    join pg_class c on c.relnamespace = n.oid and c.relname = h.hypertable_name
)
select n.nspname::text as schema, c.relname::text as name,
       case when h.column_name is not null then 'hypertable' when c.relkind = 'p' then 'partitioned' else 'table' end as kind,
       c.relpersistence = 'u' as unlogged,
       coalesce(h.column_name::text, (
         select a.attname::text
           from pg_attribute a
           left join pg_partitioned_table p on p.partrelid = c.oid
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
           order by a.attnum = any(coalesce(p.partattrs::int2[], '{}')) desc, a.attnum
           limit 1)) as time_column,
       n.nspname::text as stored_schema, c.relname::text as stored_name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join hyper h on h.hypertable_schema = n.nspname and h.hypertable_name = c.relname
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and not c.relispartition
    and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
    and not exists (select from pg_inherits i join parent p on p.oid = i.inhparent where i.inhrelid = c.oid)
    and not exists (select from pg_depend d
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
union all
select a.view_schema::text, a.view_name::text, 'aggregate', false, d.column_name::text,
       a.materialization_hypertable_schema::text, a.materialization_hypertable_name::text
  from timescaledb_information.continuous_aggregates a
  left join timescaledb_information.dimensions d
    on d.hypertable_schema = a.materialization_hypertable_schema
       and d.hypertable_name = a.materialization_hypertable_name and d.dimension_number = 1
  order by 1, 2
