-- How many values columns have, from the planner's statistics: of chunks, and of the table as a whole. A negative number
-- is a share of the rows.
-- @params  tables text[], columns text[], since float8[]
-- @returns relation text, column_name text, whole boolean, n_distinct float8, upper float8 null
-- @locks   AccessShareLock on catalogs
with asked as (
  select * from unnest(:tables::text[], :columns::text[], :since::float8[]) a(name, column_name, since)
),
known as (
  select a.name, a.column_name, true as whole, h.hypertable_schema as nspname, h.hypertable_name as relname,
         null::float8 as upper
    from asked a
    join timescaledb_information.hypertables h on format('%I.%I', h.hypertable_schema, h.hypertable_name) = a.name
  union all
  select a.name, a.column_name, false, k.chunk_schema, k.chunk_name, extract(epoch from k.range_end)::float8
    from asked a
    join timescaledb_information.chunks k on format('%I.%I', k.hypertable_schema, k.hypertable_name) = a.name
    -- Of a compressed one, statistics are of the few rows that came afterwards.
    where extract(epoch from k.range_end) >= a.since and not k.is_compressed
)
select k.name as relation, k.column_name, k.whole, s.n_distinct::float8 as n_distinct, k.upper
from known k
join pg_catalog.pg_stats s
  on s.schemaname = k.nspname and s.tablename = k.relname and s.attname = k.column_name and s.inherited = k.whole
where s.n_distinct <> 0
order by 1, 2, 3, k.upper desc
