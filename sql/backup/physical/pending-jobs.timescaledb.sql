-- Background jobs of this database that run once TimescaleDB's workers may, and when they are due.
-- @params  -
-- @returns job text, relation text null, config text null, next_start timestamptz null, scheduled boolean
-- @locks   AccessShareLock on catalogs
select j.proc_name::text as job,
       case when j.hypertable_name is not null then format('%I.%I', j.hypertable_schema, j.hypertable_name) end as relation,
       j.config::text as config,
       case when isfinite(j.next_start) then j.next_start end as next_start,
       j.scheduled
  from timescaledb_information.jobs j
 -- Those below are TimescaleDB's own.
 where j.job_id >= 1000
 order by j.next_start nulls first, j.job_id
