-- A named moment in the WAL that a recovery can stop at.
-- @params  name text
-- @returns lsn text, at text
-- @locks   none
select
  pg_create_restore_point(:name::text)::text as lsn,
  -- Whatever zone the server lives in: this runs outside of a transaction that could set one.
  to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
