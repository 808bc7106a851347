-- Foreign keys of the user's tables, each once: those that chunks and partitions have of their tables are left out.
-- @params  -
-- @returns table text, constraint_name text, columns text[], referenced text, action boolean
-- @locks   AccessShareLock on catalogs
select format('%I.%I', n.nspname, c.relname) as table, k.conname::text as constraint_name,
       array(select quote_ident(a.attname)
               from unnest(k.conkey) with ordinality u(attnum, n)
               join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum order by u.n) as columns,
       format('%I.%I', rn.nspname, r.relname) as referenced, k.confdeltype in ('c', 'n', 'd') as action
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_class r on r.oid = k.confrelid
  join pg_namespace rn on rn.oid = r.relnamespace
  where k.contype = 'f' and k.conparentid = 0 and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
    and not exists (select from pg_inherits i where i.inhrelid = k.conrelid)
  order by 1, 2
