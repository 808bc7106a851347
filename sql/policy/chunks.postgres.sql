-- Partitions of one of arxdb's own tables, oldest first, and what they hold.
-- @params  relation text
-- @returns chunk text, lower timestamptz, upper timestamptz, compressed boolean, partial boolean, outdated boolean,
--          bytes bigint null
-- @locks   AccessShareLock
select format('arxdb.%I', p.partition) as chunk, p.lower, p.upper, false as compressed, false as partial, false as outdated,
       pg_total_relation_size(k.oid) as bytes
  from pg_class c
  join arxdb.partitioning w on c.relnamespace = 'arxdb'::regnamespace and w.table_name = c.relname
  cross join lateral arxdb.partitions(c.relname::text) p
  left join pg_class k on k.relnamespace = c.relnamespace and k.relname = p.partition
  where c.oid = to_regclass(:relation::text)
  order by p.lower
