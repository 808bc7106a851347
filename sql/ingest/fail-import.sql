-- Closes an import that left nothing behind.
-- @params  import_id int
-- @returns import_id int
-- @locks   RowExclusiveLock
with gone as (delete from arxdb.import_batches where import_id = :import_id::int)
update arxdb.imports
  set state = 'failed', inserted = 0, duplicates = 0, finished_at = now()
  where import_id = :import_id::int
  returning import_id
