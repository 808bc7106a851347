-- Which transactions this one sees, which may be about to commit, and whether the WAL is on disk up to a place.
-- @params  lsn text null
-- @returns snapshot text, running text[], brief boolean, flushed boolean null, syncing boolean, archiving boolean
-- @locks   none
with running as materialized (
  -- One that waits for its client does not commit. Who may not see what others do gets no state: all are counted then.
  select l.transactionid::text as xid, coalesce(a.xact_start, p.prepared) as since
    from pg_locks l
    left join pg_stat_activity a on a.pid = l.pid
    left join pg_prepared_xacts p on l.pid is null and p.transaction = l.transactionid
    where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
      and coalesce(a.state, '') not like 'idle in transaction%'
)
select pg_current_snapshot()::text as snapshot,
       coalesce((select array_agg(r.xid) from running r), '{}') as running,
       -- Some of them began a moment ago, and are likely to be over in another one.
       coalesce((select bool_or(r.since > clock_timestamp() - interval '1 second') from running r), false) as brief,
       pg_current_wal_flush_lsn() >= :lsn::text::pg_lsn as flushed,
       -- Committed, and waiting for a standby: not yet seen by anybody. Who may not see waits has to take it as given.
       exists (select from pg_stat_activity a where a.wait_event = 'SyncRep')
         or (current_setting('synchronous_standby_names') <> '' and not pg_has_role('pg_read_all_stats', 'usage')) as syncing,
       current_setting('archive_mode') <> 'off' as archiving
