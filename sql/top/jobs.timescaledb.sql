-- Jobs of TimescaleDB's scheduler: when they ran, when they will, what became of them.
-- @params  -
-- @returns job int, procedure text, relation text null, state text, last_success timestamptz null,
--          next_start timestamptz null, failures bigint, error text null
-- @locks   AccessShareLock
select j.job_id as job, j.proc_name::text as procedure,
       case when j.hypertable_name is not null then format('%I.%I', j.hypertable_schema, j.hypertable_name) end as relation,
       case when not j.scheduled then 'off' else lower(coalesce(s.job_status, 'never ran')) end as state,
       case when isfinite(s.last_successful_finish) then s.last_successful_finish end as last_success,
       case when isfinite(j.next_start) then j.next_start end as next_start, coalesce(s.total_failures, 0) as failures,
       case when s.last_run_status = 'Failed' then e.err_message end as error
  from timescaledb_information.jobs j
  left join timescaledb_information.job_stats s on s.job_id = j.job_id
  left join lateral (
    select err_message from timescaledb_information.job_errors x where x.job_id = j.job_id order by start_time desc limit 1
  ) e on true
  order by j.next_start nulls last, j.job_id
  limit 200
