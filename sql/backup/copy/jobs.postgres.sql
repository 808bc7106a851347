-- Jobs of the server and continuous aggregates: here there are none.
-- @params  -
-- @returns job_id int, schema text null, name text null, proc_schema text, proc_name text, schedule_interval text, max_runtime text,
--          max_retries int, retry_period text, scheduled boolean, fixed_schedule boolean, initial_start timestamptz null, config jsonb null,
--          check_schema text null, check_name text null
-- @locks   -
select null::int as job_id, null::text as schema, null::text as name, null::text as proc_schema, null::text as proc_name,
       null::text as schedule_interval, null::text as max_runtime, null::int as max_retries, null::text as retry_period,
       null::boolean as scheduled, null::boolean as fixed_schedule, null::timestamptz as initial_start, null::jsonb as config,
       null::text as check_schema, null::text as check_name
  where false
