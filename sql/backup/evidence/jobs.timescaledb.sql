-- Background jobs and continuous aggregates, without the numbers that a restore may give anew.
-- @params  -
-- @returns kind text, line text
-- @locks   AccessShareLock
select 'job' as kind,
       format('%s.%s on %s %s every %s', j.proc_schema, j.proc_name,
              coalesce(j.hypertable_schema || '.' || j.hypertable_name, 'nothing'),
              coalesce((j.config - '{hypertable_id,mat_hypertable_id}'::text[])::text, '{}'), j.schedule_interval) as line
  from timescaledb_information.jobs j
  where j.job_id >= 1000
union all
select 'rollup', format('%I.%I %s', a.view_schema, a.view_name, md5(a.view_definition))
  from timescaledb_information.continuous_aggregates a
order by 1, 2
