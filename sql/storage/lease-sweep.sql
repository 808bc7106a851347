-- Forgets leases that have run out: their jobs have come back by themselves.
-- @params  -
-- @returns job_id int, holder text
-- @locks   RowExclusiveLock
delete from arxdb.job_leases where until <= now() returning job_id, holder
