-- Jobs that the server runs for tables: how they are set, when they ran, and why they failed.
-- @params  relations text[]
-- @returns relation text, job_id int, proc text, after bigint null, scheduled boolean, schedule_interval bigint,
--          next_start timestamptz null, last_run timestamptz null, last_success timestamptz null, last_status text null,
--          failures bigint, last_error text null, last_error_at timestamptz null, held_until timestamptz null
-- @locks   AccessShareLock
select a.relation, j.job_id, j.proc_name::text as proc,
       extract(epoch from coalesce(j.config ->> 'compress_after', j.config ->> 'drop_after')::interval)::bigint as after,
       j.scheduled, extract(epoch from j.schedule_interval)::bigint as schedule_interval, j.next_start,
       case when isfinite(s.last_run_started_at) then s.last_run_started_at end as last_run,
       case when isfinite(s.last_successful_finish) then s.last_successful_finish end as last_success,
       s.last_run_status as last_status,
       coalesce(s.total_failures, 0) as failures, e.err_message as last_error, e.finish_time as last_error_at,
       (select max(l.until) from arxdb.job_leases l where l.job_id = j.job_id and l.until > now()) as held_until
  from unnest(:relations::text[]) as a(relation)
  join pg_class c on c.oid = to_regclass(a.relation)
  join pg_namespace n on n.oid = c.relnamespace
  join timescaledb_information.jobs j on j.hypertable_schema = n.nspname and j.hypertable_name = c.relname
  left join timescaledb_information.job_stats s on s.job_id = j.job_id
  left join lateral (
    select err_message, finish_time from timescaledb_information.job_errors x
      where x.job_id = j.job_id order by start_time desc limit 1
  ) e on true
  where j.proc_name in ('policy_compression', 'policy_retention')
  order by j.job_id
