-- Which transactions this one sees, which are under way, and whether the WAL is on disk up to a place.
-- @params  lsn text null
-- @returns snapshot text, running text[], flushed boolean null, syncing boolean, archiving boolean
-- @locks   none
select pg_current_snapshot()::text as snapshot,
       coalesce((select array_agg(l.transactionid::text) from pg_locks l
                   where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted), '{}') as running,
       pg_current_wal_flush_lsn() >= :lsn::text::pg_lsn as flushed,
       -- Committed, and waiting for a standby: not yet seen by anybody. Who may not see waits has to take it as given.
       exists (select from pg_stat_activity a where a.wait_event = 'SyncRep')
         or (current_setting('synchronous_standby_names') <> '' and not pg_has_role('pg_read_all_stats', 'usage')) as syncing,
       current_setting('archive_mode') <> 'off' as archiving
