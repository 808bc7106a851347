-- The DEFAULT partition that somebody gave a table.
-- @params  facts text
-- @returns partition text
-- @locks   AccessShareLock on catalogs
select format('%I.%I', n.nspname, d.relname) as partition
  from pg_partitioned_table p
  join pg_class d on d.oid = p.partdefid
  join pg_namespace n on n.oid = d.relnamespace
  where p.partrelid = format('arxdb.%I', :facts::text)::regclass
