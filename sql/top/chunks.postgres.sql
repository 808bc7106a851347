-- Partitioned tables with their partitions as a map: a sign for each; without TimescaleDB none is compressed.
-- @params  cells int
-- @returns relation text, chunks bigint, compressed bigint, newest timestamptz null, rows_estimate bigint null, map text
-- @locks   AccessShareLock
select format('%I.%I', n.nspname, c.relname) as relation, count(i.inhrelid) as chunks, 0::bigint as compressed,
       null::timestamptz as newest, sum(p.reltuples) filter (where p.reltuples > 0)::bigint as rows_estimate,
       repeat('░', least(count(i.inhrelid), :cells::int)::int) as map
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_inherits i on i.inhparent = c.oid
  left join pg_class p on p.oid = i.inhrelid
  where c.relkind = 'p' and not c.relispartition
  group by 1
  order by 2 desc, 1
  limit 200
