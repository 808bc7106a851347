-- The server's settings that archiving depends on, with their units.
-- @params  -
-- @returns name text, value text
-- @locks   none
select name, coalesce(current_setting(name, true), '') as value
  from pg_settings
  where name in ('wal_level', 'archive_mode', 'archive_command', 'archive_timeout', 'restore_command')
  order by name
