-- Takes or renews a lease on the jobs of a hypertable: puts off what would start before the lease ends. A job that is
-- running, or is due later anyway, is booked alone; those switched off by hand are left alone. It was due when the job
-- itself says, or, where it stands exactly where leases have put it, when they say. Only a job's owner can put it off.
-- @params  table text, holder text, lease interval
-- @returns job_id int, owner text, mine boolean, put_off timestamptz
-- @locks   RowExclusiveLock
with jobs as materialized (
  select j.job_id, j.owner, pg_has_role(j.owner::oid, 'usage') as mine, j.next_start,
         case when j.next_start = greatest(min(l.next_start), max(l.until)) then min(l.next_start)
              -- Negative infinity stands for a job that is running: it will say when it has ended.
              else coalesce(nullif(j.next_start, '-infinity'), now())
         end as due
    from timescaledb_information.jobs j left join arxdb.job_leases l on l.job_id = j.job_id and l.until > now()
    where j.scheduled and format('%s.%s', j.hypertable_schema, j.hypertable_name) = :table::text
    group by j.job_id, j.owner, j.next_start
), others as (
  update arxdb.job_leases l set next_start = j.due from jobs j
    where j.mine and l.job_id = j.job_id and l.holder <> :holder::text and l.next_start <> j.due
), booked as (
  insert into arxdb.job_leases as l (job_id, holder, next_start, until)
    select job_id, :holder::text, due, now() + :lease::interval from jobs where mine
    on conflict (job_id, holder) do update set next_start = excluded.next_start, until = excluded.until
)
select job_id, owner::text, mine,
       case when mine and (next_start is null or (next_start > '-infinity' and next_start < now() + :lease::interval))
            then (select a.next_start from alter_job(jobs.job_id, next_start => now() + :lease::interval) a)
       end as put_off
  from jobs
  order by job_id
