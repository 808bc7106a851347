-- Takes over an import whose run has died: what that run may still send is refused from now on.
-- @params  import_id int
-- @returns claim int
-- @locks   RowExclusiveLock
update arxdb.imports
  set claim = claim + 1, finished_at = null
  where import_id = :import_id::int and state = 'loading'
  returning claim
