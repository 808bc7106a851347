-- Tables to count, partitioned ones whole, and the column that says when.
-- @params  -
-- @returns schema text, name text, kind text, unlogged boolean, time_column text null, stored_schema text, stored_name text
-- @locks   AccessShareLock
select n.nspname::text as schema, c.relname::text as name,
       case c.relkind when 'p' then 'partitioned' else 'table' end as kind, c.relpersistence = 'u' as unlogged,
       (select a.attname::text
          from pg_attribute a
          left join pg_partitioned_table p on p.partrelid = c.oid
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
          -- What it is partitioned by, before any other.
          order by a.attnum = any(coalesce(p.partattrs::int2[], '{}')) desc, a.attnum
          limit 1) as time_column,
       n.nspname::text as stored_schema, c.relname::text as stored_name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and not c.relispartition
    and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by n.nspname, c.relname
