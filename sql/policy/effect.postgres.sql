-- What policies came to: partitions and their bytes. Rows are an estimate, from the planner's statistics; null where a
-- partition was never analysed. Bounds that were left open are not told.
-- @params  relations text[], compress_after bigint[], now timestamptz
-- @returns relation text, chunks bigint, compressed bigint, backlog bigint, backlog_bytes bigint, partial bigint,
--          outdated bigint, bytes bigint null, before_bytes bigint null, after_bytes bigint null, rows bigint null,
--          oldest timestamptz null, newest timestamptz null
-- @locks   AccessShareLock
select a.relation, count(k.oid) as chunks, 0::bigint as compressed, 0::bigint as backlog, 0::bigint as backlog_bytes,
       0::bigint as partial, 0::bigint as outdated,
       (coalesce(sum(pg_total_relation_size(k.oid)), 0))::bigint as bytes, null::bigint as before_bytes,
       null::bigint as after_bytes,
       case when not coalesce(bool_or(k.reltuples < 0), false) then coalesce(sum(k.reltuples), 0)::bigint end as rows,
       min(b.lower) filter (where isfinite(b.lower)) as oldest, max(b.upper) filter (where isfinite(b.upper)) as newest
  from unnest(:relations::text[], :compress_after::bigint[]) as a(relation, compress_after)
  join pg_class c on c.oid = to_regclass(a.relation) and c.relnamespace = 'arxdb'::regnamespace and :now::timestamptz is not null
  join arxdb.partitioning w on w.table_name = c.relname
  left join pg_inherits i on i.inhparent = c.oid
  -- A partition may stand in another schema than its table.
  left join pg_class k on k.oid = i.inhrelid
  left join lateral regexp_match(pg_get_expr(k.relpartbound, k.oid), 'FROM \((.+)\) TO \((.+)\)') r(m) on true
  left join lateral (
    select case when (r.m)[1] <> 'MINVALUE' then trim('''' from (r.m)[1])::timestamptz end as lower,
           case when (r.m)[2] <> 'MAXVALUE' then trim('''' from (r.m)[2])::timestamptz end as upper
  ) b on true
  group by a.relation
