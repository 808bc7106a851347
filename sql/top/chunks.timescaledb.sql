-- Hypertables with their chunks as a map: a sign for each stretch of time, oldest first, by how much of it is compressed.
-- @params  cells int
-- @returns relation text, chunks bigint, compressed bigint, newest timestamptz null, rows_estimate bigint null, map text
-- @locks   AccessShareLock
with chunk as (
  select c.hypertable_schema, c.hypertable_name, c.range_end, c.is_compressed, k.reltuples,
         ntile(:cells::int) over (partition by c.hypertable_schema, c.hypertable_name order by c.range_start) as cell
    from timescaledb_information.chunks c
    left join (select n.nspname, r.relname, r.reltuples from pg_class r join pg_namespace n on n.oid = r.relnamespace) k
      on k.nspname = c.chunk_schema and k.relname = c.chunk_name
),
cell as (
  select hypertable_schema, hypertable_name, cell, count(*) as chunks, count(*) filter (where is_compressed) as compressed,
         max(range_end) as newest, sum(reltuples) filter (where reltuples > 0) as rows
    from chunk group by 1, 2, 3
)
select format('%I.%I', h.hypertable_schema, h.hypertable_name) as relation, coalesce(sum(c.chunks), 0)::bigint as chunks,
       coalesce(sum(c.compressed), 0)::bigint as compressed, max(c.newest) as newest, sum(c.rows)::bigint as rows_estimate,
       coalesce(string_agg(case when c.compressed = c.chunks then '█' when c.compressed = 0 then '░' else '▒' end, '' order by c.cell) filter (where c.cell is not null), '') as map
  from timescaledb_information.hypertables h
  left join cell c using (hypertable_schema, hypertable_name)
  group by h.hypertable_schema, h.hypertable_name
  order by 2 desc, 1
  limit 200
