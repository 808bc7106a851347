-- Closes the WAL segment, so that it is archived now.
-- @params  -
-- @returns lsn text
-- @locks   none
select pg_switch_wal()::text as lsn
