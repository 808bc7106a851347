-- Closes a dead import that had all its rows in: others count on them. Without its hash, so that the same file is looked at again.
-- @params  import_id int
-- @returns import_id int
-- @locks   RowExclusiveLock
update arxdb.imports set state = 'done', content_sha256 = null, finished_at = now()
  where import_id = :import_id::int and state = 'loading'
  returning import_id
