-- How many values columns have, from the planner's statistics: of partitions, and of the table as a whole. A negative
-- number is a share of the rows.
-- @params  tables text[], columns text[], since float8[]
-- @returns relation text, column_name text, whole boolean, n_distinct float8, upper float8 null
-- @locks   AccessShareLock on catalogs
with asked as (
  select * from unnest(:tables::text[], :columns::text[], :since::float8[]) a(name, column_name, since)
),
relations as (
  select a.name, a.column_name, a.since, p.oid, n.nspname, p.relname
    from asked a
    join pg_catalog.pg_class p on p.relkind = 'p'
    join pg_catalog.pg_namespace n on n.oid = p.relnamespace and format('%I.%I', n.nspname, p.relname) = a.name
),
known as (
  select r.name, r.column_name, true as whole, r.nspname, r.relname, null::float8 as upper from relations r
  union all
  select r.name, r.column_name, false, cn.nspname, c.relname, u.upper
    from relations r
    join pg_catalog.pg_inherits i on i.inhparent = r.oid
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
    cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') b(m)
    cross join lateral (select extract(epoch from (b.m)[2]::timestamptz)::float8 as upper) u
    where u.upper >= r.since
)
select k.name as relation, k.column_name, k.whole, s.n_distinct::float8 as n_distinct, k.upper
from known k
join pg_catalog.pg_stats s
  on s.schemaname = k.nspname and s.tablename = k.relname and s.attname = k.column_name and s.inherited = k.whole
where s.n_distinct <> 0
order by 1, 2, 3, k.upper desc
