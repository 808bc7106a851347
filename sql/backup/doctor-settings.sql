-- The server's settings that backups depend on, in the units of pg_settings.
-- @params  -
-- @returns name text, value text
-- @locks   none
select name, coalesce(setting, '') as value
  from pg_settings
  where name in (
    'wal_level', 'archive_mode', 'archive_command', 'archive_library', 'archive_timeout', 'restore_command',
    'full_page_writes', 'fsync', 'data_checksums', 'wal_keep_size', 'max_slot_wal_keep_size', 'summarize_wal',
    'max_wal_senders', 'max_locks_per_transaction', 'max_connections', 'max_prepared_transactions'
  )
