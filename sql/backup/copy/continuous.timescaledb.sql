-- Continuous aggregates.
-- @params  -
-- @returns name text
-- @locks   AccessShareLock
select format('%s.%s', view_schema, view_name) as name from timescaledb_information.continuous_aggregates order by 1
