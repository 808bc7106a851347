-- Chunks of a hypertable, oldest first: what they hold, and how they are stored.
-- @params  relation text
-- @returns chunk text, lower timestamptz, upper timestamptz, compressed boolean, partial boolean, outdated boolean,
--          bytes bigint null
-- @locks   AccessShareLock
with asked as materialized (
  select h.oid, o.nspname, h.relname, w.segmentby, w.orderby
    from pg_class h
    join pg_namespace o on o.oid = h.relnamespace
    left join timescaledb_information.hypertable_columnstore_settings w on w.hypertable = h.oid
    where h.oid = to_regclass(:relation::text)
),
-- Brought together by grouping: a join of what the planner cannot guess the size of may become a loop in a loop.
piece as (
  select k.oid, format('%I.%I', c.chunk_schema, c.chunk_name) as chunk, c.range_start, c.range_end, c.is_compressed,
         null::text as segmentby, null::text as orderby
    from asked a
    join timescaledb_information.chunks c on c.hypertable_schema = a.nspname and c.hypertable_name = a.relname
    join pg_namespace n on n.nspname = c.chunk_schema
    join pg_class k on k.relnamespace = n.oid and k.relname = c.chunk_name
  union all
  select s.chunk::oid, null, null, null, null, s.segmentby, s.orderby
    from timescaledb_information.chunk_columnstore_settings s
    where s.hypertable = to_regclass(:relation::text)
),
part as (
  select oid, max(chunk) as chunk, max(range_start) as lower, max(range_end) as upper, bool_or(is_compressed) as compressed,
         max(segmentby) as segmentby, max(orderby) as orderby
    from piece
    group by oid
    having count(chunk) > 0
)
select p.chunk, p.lower, p.upper, p.compressed,
       p.compressed and _timescaledb_functions.chunk_status(p.oid::regclass) & 8 > 0 as partial,
       p.compressed and (p.segmentby, p.orderby) is distinct from (a.segmentby, a.orderby) as outdated,
       pg_total_relation_size(p.oid) as bytes
  from part p
  cross join asked a
  order by p.lower
