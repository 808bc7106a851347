-- Closes an import that left nothing behind: failed by itself, or undone by its user.
-- @params  import_id int, state text
-- @returns import_id int
-- @locks   RowExclusiveLock
with gone as (delete from arxdb.import_batches where import_id = :import_id::int)
update arxdb.imports
  set state = :state::text, rows_read = 0, inserted = 0, updated = 0, unchanged = 0, duplicates = 0, skipped = 0,
      rejected = 0, merged = 0, finished_at = now()
  where import_id = :import_id::int
  returning import_id
