-- Hypertables, and of how many chunks.
-- @params  -
-- @returns relation text, chunks bigint
-- @locks   AccessShareLock
select format('%s.%s', hypertable_schema, hypertable_name) as relation, num_chunks as chunks
  from timescaledb_information.hypertables where hypertable_schema !~ '^_timescaledb_' order by 1
