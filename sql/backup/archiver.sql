-- How archiving stands: what the server has written, and what its archiver says.
-- @params  -
-- @returns system_id text, archiving boolean, lsn text, timeline int, segment_bytes int, last_archived text null,
--          last_archived_time timestamptz null, last_failed text null, last_failed_time timestamptz null, failing boolean
-- @locks   none
select (select system_identifier::text from pg_control_system()) as system_id,
       current_setting('archive_mode') <> 'off' as archiving,
       (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn,
       (select timeline_id::int from pg_control_checkpoint()) as timeline,
       (select setting::int from pg_settings where name = 'wal_segment_size') as segment_bytes,
       a.last_archived_wal as last_archived, a.last_archived_time, a.last_failed_wal as last_failed, a.last_failed_time,
       coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) as failing
  from pg_stat_archiver a
