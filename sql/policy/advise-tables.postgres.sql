-- Tables that are partitioned by ranges of one moment, of those named (in full, with quotes): their settings as they are.
-- @params  tables text[]
-- @returns relation text, schema_name text, relation_name text, readable boolean, time_column text, numbered boolean,
--          chunk_interval float8 null, segment_by text[] null, order_by text[] null, compress_after float8 null, indexes int,
--          leading text[]
-- @locks   AccessShareLock
select
  format('%I.%I', n.nspname, c.relname) as relation,
  n.nspname::text as schema_name,
  c.relname::text as relation_name,
  has_table_privilege(c.oid, 'select') and has_schema_privilege(n.oid, 'usage') as readable,
  a.attname::text as time_column,
  a.atttypid not in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) as numbered,
  extract(epoch from w.width)::float8 as chunk_interval,
  null::text[] as segment_by,
  null::text[] as order_by,
  null::float8 as compress_after,
  (select count(*)::int from pg_catalog.pg_index i where i.indrelid = c.oid) as indexes,
  array(select distinct l.attname::text
          from pg_catalog.pg_index i
          join pg_catalog.pg_class x on x.oid = i.indexrelid
          join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
          join pg_catalog.pg_attribute l on l.attrelid = c.oid and l.attnum = i.indkey[0]
          where i.indrelid = c.oid and l.attnum > 0 and l.attname <> a.attname
          order by 1) as leading
from pg_catalog.pg_partitioned_table p
join pg_catalog.pg_class c on c.oid = p.partrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
left join arxdb.partitioning w on n.nspname = 'arxdb' and w.table_name = c.relname
where p.partstrat = 'r' and p.partnatts = 1
  and format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')) = any(:tables::text[])
order by 1
