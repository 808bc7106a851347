-- The newest partitions of each table that hold rows, as the planner takes them to be, and how many there are in all.
-- @params  tables text[], most int
-- @returns relation text, lower float8, upper float8, rows float8 null, bytes bigint, blocks bigint,
--          compressed boolean, parts int, span float8
-- @locks   AccessShareLock on catalogs
with parts as (
  select t.name, c.oid, c.reltuples, c.relpages, h.heap,
         extract(epoch from (b.m)[1]::timestamptz)::float8 as lower,
         extract(epoch from (b.m)[2]::timestamptz)::float8 as upper
    from unnest(:tables::text[]) t(name)
    join pg_catalog.pg_class p on p.relkind = 'p'
    join pg_catalog.pg_namespace n on n.oid = p.relnamespace and format('%I.%I', n.nspname, p.relname) = t.name
    join pg_catalog.pg_inherits i on i.inhparent = p.oid
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') b(m)
    cross join lateral (select pg_relation_size(c.oid) as heap) h
    where b.m is not null and h.heap > 0
),
ranked as (
  select *, row_number() over newest as rank, count(*) over (partition by name)::int as parts,
         sum(upper - lower) over (partition by name) as span
    from parts
    window newest as (partition by name order by upper desc)
)
select
  name as relation, lower, upper,
  -- Estimated as the planner does: as dense as when it was last analysed.
  case when reltuples > 0 and relpages > 0
    then reltuples / relpages::float8 * heap / current_setting('block_size')::int end as rows,
  pg_total_relation_size(oid) as bytes,
  heap / current_setting('block_size')::int as blocks,
  false as compressed,
  parts,
  span
from ranked
where rank <= :most::int
order by name, upper desc
