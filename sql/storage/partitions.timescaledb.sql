-- Chunks of a hypertable and the half-open time they hold.
-- @params  facts text
-- @returns partition text, lower timestamptz, upper timestamptz
-- @locks   AccessShareLock
select format('%I.%I', chunk_schema, chunk_name) as partition, range_start as lower, range_end as upper
  from timescaledb_information.chunks
  where hypertable_schema = 'arxdb' and hypertable_name = :facts::text
  order by range_start
