-- Hypertables whose root has pages of its own, and how many live rows the statistics know in them.
-- @params  -
-- @returns relation text, bytes bigint, live bigint
-- @locks   AccessShareLock
-- A root never holds rows, so its file is empty. Newer versions hide its rows from every question but those of a session
-- that is restoring itself, which not every role may be: they are told by the file.
select x.relation, x.bytes, pg_stat_get_live_tuples(x.oid) as live
  from (
    select format('%I.%I', n.nspname, c.relname) as relation, c.oid, pg_relation_size(c.oid) as bytes
      from timescaledb_information.dimensions d
      join pg_namespace n on n.nspname = d.hypertable_schema
      join pg_class c on c.relnamespace = n.oid and c.relname = d.hypertable_name
      where d.dimension_number = 1
    offset 0
  ) x
  where x.bytes > 0
  order by x.bytes desc
  limit 50
