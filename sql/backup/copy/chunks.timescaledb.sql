-- Chunks, which are parts of hypertables and no tables of their own, wherever they lie.
-- @params  -
-- @returns name text
-- @locks   AccessShareLock
select format('%I.%I', chunk_schema, chunk_name) as name from timescaledb_information.chunks
  where chunk_schema <> '_timescaledb_internal'
