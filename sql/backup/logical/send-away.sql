-- Ends every session of a database, background workers of extensions too, and waits for each.
-- @params  name text
-- @returns pid int, ended boolean
-- @locks   -
select pid, pg_catalog.pg_terminate_backend(pid, 10000) as ended
  from pg_catalog.pg_stat_activity where datname = :name::text and pid <> pg_catalog.pg_backend_pid()
