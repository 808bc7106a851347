-- Jobs of TimescaleDB that are not paused: when they ran, when they are due, and how often in a row they failed.
-- @params  -
-- @returns job_id int, job text, own boolean, relation text null, every float8, status text null, running boolean,
--          scheduler boolean, runs bigint, initial_start timestamptz null, due timestamptz null, overdue float8 null,
--          started timestamptz null, since_start float8 null, succeeded timestamptz null, since_success float8 null,
--          failures bigint, failing_since timestamptz null, error text null, error_code text null
-- @locks   AccessShareLock
-- Moments that never were are -infinity, also what a job is due at while it runs; they are null here. A worker is told by
-- its name, which everybody sees. job_stats has a job twice where two sessions bear its name.
with stat as (
  select distinct on (job_id) job_id, last_run_status, total_runs,
         case when isfinite(last_run_started_at) then last_run_started_at end as started,
         case when isfinite(last_successful_finish) then last_successful_finish end as succeeded
    from timescaledb_information.job_stats
    order by job_id
)
select j.job_id, j.application_name::text as job, j.proc_schema ~ '^_timescaledb_' and j.hypertable_name is null as own,
       case when j.hypertable_name is not null then format('%I.%I', j.hypertable_schema, j.hypertable_name) end as relation,
       extract(epoch from j.schedule_interval)::float8 as every, s.last_run_status as status,
       exists (select from pg_stat_activity a
                 where a.datname = current_database() and a.application_name = j.application_name) as running,
       exists (select from pg_stat_activity a
                 where a.datname = current_database()
                   and a.application_name = 'TimescaleDB Background Worker Scheduler') as scheduler,
       coalesce(s.total_runs, 0) as runs, j.initial_start, d.due,
       extract(epoch from now() - d.due)::float8 as overdue,
       s.started, extract(epoch from now() - s.started)::float8 as since_start,
       s.succeeded, extract(epoch from now() - s.succeeded)::float8 as since_success,
       e.failures, e.failing_since, e.error, e.error_code
  from timescaledb_information.jobs j
  cross join lateral (select case when isfinite(j.next_start) then j.next_start end as due) d
  left join stat s using (job_id)
  cross join lateral (
    select count(*) as failures, min(x.start_time) as failing_since,
           left((array_agg(x.err_message order by x.start_time desc))[1], 300) as error,
           (array_agg(x.sqlerrcode order by x.start_time desc))[1] as error_code
      from timescaledb_information.job_errors x
      where x.job_id = j.job_id and x.start_time > coalesce(s.succeeded, '-infinity')
  ) e
  where j.scheduled
    -- It reports home, or is off: then it never runs, and nothing is wrong with that.
    and not (j.proc_name = 'policy_telemetry' and current_setting('timescaledb.telemetry_level', true) = 'off')
  order by j.job_id
  limit 1000
