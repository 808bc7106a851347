-- Places for background workers, those that schedulers have taken for good, and the jobs that want the rest.
-- @params  -
-- @returns background int, processes int, parallel int, schedulers bigint, scheduler_here boolean, jobs bigint
-- @locks   AccessShareLock
-- Workers are told by their names, which everybody sees.
select coalesce(current_setting('timescaledb.max_background_workers', true), '16')::int as background,
       current_setting('max_worker_processes')::int as processes, current_setting('max_parallel_workers')::int as parallel,
       count(*) as schedulers, coalesce(bool_or(datname = current_database()), false) as scheduler_here,
       (select count(*) from timescaledb_information.jobs
          where scheduled and (proc_schema !~ '^_timescaledb_' or hypertable_name is not null)) as jobs
  from pg_stat_activity
  where application_name = 'TimescaleDB Background Worker Scheduler'
