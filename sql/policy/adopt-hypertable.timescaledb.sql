-- Whether a table is a hypertable, and of how many chunks.
-- @params  schema text, name text
-- @returns hypertable boolean, chunks int
-- @locks   AccessShareLock on catalogs
select
  count(*) > 0 as hypertable,
  coalesce(sum(h.num_chunks), 0)::int as chunks
from timescaledb_information.hypertables as h
where h.hypertable_schema = :schema::text
  and h.hypertable_name = :name::text
