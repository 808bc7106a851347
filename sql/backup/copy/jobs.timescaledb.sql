-- Jobs of policies and of users, as they are set.
-- @params  -
-- @returns job_id int, schema text null, name text null, proc_schema text, proc_name text, schedule_interval text, max_runtime text,
--          max_retries int, retry_period text, scheduled boolean, fixed_schedule boolean, initial_start timestamptz null, config jsonb null,
--          check_schema text null, check_name text null
-- @locks   AccessShareLock
select job_id, hypertable_schema::text as schema, hypertable_name::text as name, proc_schema::text as proc_schema, proc_name::text as proc_name,
       schedule_interval::text as schedule_interval, max_runtime::text as max_runtime, max_retries, retry_period::text as retry_period,
       scheduled, fixed_schedule, initial_start, config, check_schema::text as check_schema, check_name::text as check_name
  from timescaledb_information.jobs where job_id >= 1000 order by job_id
