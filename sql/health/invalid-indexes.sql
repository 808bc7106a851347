-- Indexes that a CREATE or REINDEX CONCURRENTLY left unfinished: written to, never read. One that is being built is none.
-- @params  -
-- @returns index text, relation text, bytes bigint
-- @locks   AccessShareLock
select i.indexrelid::regclass::text as index, i.indrelid::regclass::text as relation,
       coalesce(pg_relation_size(i.indexrelid), 0) as bytes
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  where not i.indisvalid and c.relkind = 'i'
    and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid or p.relid = i.indrelid)
  order by 3 desc, 1
  limit 50
