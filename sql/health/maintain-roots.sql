-- Tables of partitions or chunks that have rows, and whose planner has no statistics over all of them together: autovacuum
-- never makes those.
-- @params  -
-- @returns relation text, owner text, may boolean, parts int
-- @locks   AccessShareLock
select format('%I.%I', n.nspname, c.relname) as relation, pg_get_userbyid(c.relowner)::text as owner,
       pg_has_role(c.relowner, 'usage') as may, k.parts
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select count(*)::int as parts, bool_or(p.relkind = 'r' and pg_relation_size(p.oid) > 0) as filled
      from pg_inherits i
      join pg_class p on p.oid = i.inhrelid
      where i.inhparent = c.oid
  ) k
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and not c.relispartition and k.filled
    and n.nspname !~ '^(pg_|_timescaledb_)'
    and not exists (select from pg_stats s where s.schemaname = n.nspname and s.tablename = c.relname and s.inherited)
  order by 1
