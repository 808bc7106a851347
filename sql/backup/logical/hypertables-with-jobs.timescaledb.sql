-- Hypertables whose background jobs would get in a backup's way.
-- @params  -
-- @returns relation text
-- @locks   AccessShareLock
select distinct format('%s.%s', hypertable_schema, hypertable_name) as relation
  from timescaledb_information.jobs where scheduled and hypertable_name is not null order by 1
