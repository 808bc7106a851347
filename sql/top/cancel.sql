-- Cancels what a session runs. False where there is none of that pid, or it is no client's.
-- @params  pid int
-- @returns done boolean
-- @locks   -
select coalesce(bool_or(pg_cancel_backend(a.pid)), false) as done
  from pg_stat_activity a where a.pid = :pid::int and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
