-- Columns of a table, and how many values they hold as last estimated (below zero: as a share of the rows).
-- @params  relation text
-- @returns name text, type text, kind text, nullable boolean, generated boolean, counted boolean,
--          distinct_values float8 null
-- @locks   AccessShareLock on catalogs
select
  a.attname::text as name,
  format_type(a.atttypid, null) as type,
  t.typcategory::text as kind,
  not a.attnotnull as nullable,
  a.attgenerated <> '' as generated,
  a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false) as counted,
  s.n_distinct::float8 as distinct_values
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type as t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_catalog.pg_stats as s
  on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
where c.oid = to_regclass(:relation::text)
order by a.attnum
