-- Background jobs that the server starts by itself in this database.
-- @params  -
-- @returns jobs int
-- @locks   AccessShareLock
select count(*)::int as jobs from timescaledb_information.jobs where scheduled
