-- Switches off the jobs of users and policies that are on.
-- @params  -
-- @returns job_id int
-- @locks   RowExclusiveLock
with jobs as materialized (
  select job_id from timescaledb_information.jobs where job_id >= 1000 and scheduled
)
select (select a.job_id from alter_job(jobs.job_id, scheduled => false) a) as job_id from jobs order by 1
