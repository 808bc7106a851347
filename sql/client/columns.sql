-- Columns of a table or view, as far as an insert and a time range need to know them.
-- @params  relation text
-- @returns schema text, relation text, kind text, name text, type text, shape text, nullable boolean,
--          comparable boolean, key int null
-- @locks   AccessShareLock on catalogs
select
  n.nspname::text as schema,
  c.relname::text as relation,
  c.relkind::text as kind,
  a.attname::text as name,
  format_type(base.oid, null) as type,
  case
    when base.typname in ('json', 'jsonb') then 'json'
    when element.typname in ('json', 'jsonb') then 'json-array'
    when base.typcategory = 'A' then 'array'
    else 'scalar'
  end as shape,
  not a.attnotnull as nullable,
  -- Without an equality in btree's sense, rows of such columns cannot be compared.
  coalesce(element.typname, base.typname) <> all
    (array['json', 'xml', 'point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle']::name[]) as comparable,
  array_position(i.indkey::int2[], a.attnum) + 1 as key
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_type base on base.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
left join pg_catalog.pg_type element on element.oid = base.typelem and base.typcategory = 'A'
left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
where c.oid = to_regclass(:relation::text)
order by a.attnum
