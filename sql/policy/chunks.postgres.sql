-- Partitions of one of arxdb's own tables, oldest first, and what they hold; not the DEFAULT one. Where a bound was left
-- open it is infinite.
-- @params  relation text
-- @returns chunk text, lower timestamptz, upper timestamptz, compressed boolean, partial boolean, outdated boolean,
--          bytes bigint null
-- @locks   AccessShareLock
select format('%I.%I', n.nspname, k.relname) as chunk, b.lower, b.upper, false as compressed, false as partial,
       false as outdated, pg_total_relation_size(k.oid) as bytes
  from pg_inherits i
  -- A partition may stand in another schema than its table.
  join pg_class k on k.oid = i.inhrelid
  join pg_namespace n on n.oid = k.relnamespace
  cross join lateral regexp_match(pg_get_expr(k.relpartbound, k.oid), 'FROM \((.+)\) TO \((.+)\)') r(m)
  cross join lateral (
    select case (r.m)[1] when 'MINVALUE' then '-infinity' else trim('''' from (r.m)[1])::timestamptz end as lower,
           case (r.m)[2] when 'MAXVALUE' then 'infinity' else trim('''' from (r.m)[2])::timestamptz end as upper
  ) b
  where i.inhparent = to_regclass(:relation::text) and r.m is not null
  order by b.lower
