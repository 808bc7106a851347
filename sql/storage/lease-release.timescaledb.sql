-- Gives a holder's jobs back. Where nobody else holds one it is due when it was, or at once; else when the others let go
-- of it. One that stands elsewhere than where leases have put it has run meanwhile, or somebody has set it: it stays.
-- @params  holder text
-- @returns job_id int, next_start timestamptz
-- @locks   RowExclusiveLock
with held as materialized (
  select l.job_id, min(l.next_start) as due, greatest(min(l.next_start), max(l.until)) as put_off,
         max(l.until) filter (where l.holder <> :holder::text) as others
    from arxdb.job_leases l
    where l.until > now() and l.job_id in (select m.job_id from arxdb.job_leases m where m.holder = :holder::text)
    group by l.job_id
), gone as (
  delete from arxdb.job_leases where holder = :holder::text
)
select h.job_id,
       (select a.next_start from alter_job(h.job_id, next_start => greatest(h.due, h.others, now())) a) as next_start
  from held h join timescaledb_information.jobs j using (job_id)
  where j.next_start = h.put_off and h.put_off > greatest(h.due, h.others, now())
  order by h.job_id
