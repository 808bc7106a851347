-- How big a table is with its partitions or chunks, in bytes and rows as last estimated; no row before it exists.
-- @params  relation text
-- @returns bytes bigint, estimated_rows bigint
-- @locks   AccessShareLock on catalogs
with recursive tree as (
  select c.oid, c.reltuples from pg_catalog.pg_class as c where c.oid = to_regclass(:relation::text)
  union all
  select c.oid, c.reltuples
  from tree
  join pg_catalog.pg_inherits as i on i.inhparent = tree.oid
  join pg_catalog.pg_class as c on c.oid = i.inhrelid
)
select
  sum(pg_total_relation_size(oid))::bigint as bytes,
  sum(greatest(reltuples, 0))::bigint as estimated_rows
from tree
having count(*) > 0
