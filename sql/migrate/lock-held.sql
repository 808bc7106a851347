-- Whether a backend still holds an advisory lock: asked before each commit, in the same transaction.
-- @params  class bigint, object bigint, pid int
-- @returns held boolean
-- @locks   AccessShareLock on catalogs
select exists (
  select from pg_catalog.pg_locks
  where locktype = 'advisory'
    and granted
    and pid = :pid::int
    and classid::bigint = :class::bigint
    and objid::bigint = :object::bigint
    and objsubid = 1
) as held
