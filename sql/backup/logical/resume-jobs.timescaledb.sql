-- Switches jobs on again, those of them that are there.
-- @params  jobs int[]
-- @returns job_id int
-- @locks   RowExclusiveLock
with jobs as materialized (
  select job_id from timescaledb_information.jobs where job_id = any(:jobs::int[])
)
select (select a.job_id from alter_job(jobs.job_id, scheduled => true) a) as job_id from jobs order by 1
