-- One at a time looks at who holds which jobs and changes it, until its transaction ends.
-- @params  -
-- @returns locked boolean
-- @locks   -
select pg_advisory_xact_lock(hashtextextended('arxdb.job_leases', 0)) is not null as locked
