-- Bytes of a table with its partitions.
-- @params  relation text
-- @returns bytes bigint
-- @locks   AccessShareLock
select coalesce(sum(pg_total_relation_size(t.relid)), 0)::bigint as bytes
  from pg_partition_tree(to_regclass(:relation::text)) t
