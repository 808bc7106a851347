-- What the archiver did last, and how many segments wait for it.
-- @params  -
-- @returns archiving boolean, configured boolean, waiting bigint, archived text null, archived_at timestamptz null,
--          failed text null, failed_at timestamptz null, failing boolean
-- @locks   none
select current_setting('archive_mode') <> 'off' as archiving,
       current_setting('archive_command') not in ('', '(disabled)') or current_setting('archive_library') <> '' as configured,
       (select count(*) from pg_ls_archive_statusdir() where name like '%.ready') as waiting,
       a.last_archived_wal as archived, a.last_archived_time as archived_at, a.last_failed_wal as failed, a.last_failed_time as failed_at,
       coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) as failing
  from pg_stat_archiver a
