-- Jobs of a hypertable that the server starts by itself.
-- @params  table text
-- @returns job_id int
-- @locks   AccessShareLock
select job_id from timescaledb_information.jobs
  where scheduled and format('%s.%s', hypertable_schema, hypertable_name) = :table::text
