-- A named moment in the WAL that a recovery can stop at.
-- @params  name text
-- @returns lsn text, at timestamptz
-- @locks   none
select pg_create_restore_point(:name::text)::text as lsn, clock_timestamp() as at
