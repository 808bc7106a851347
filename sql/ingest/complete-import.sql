-- All rows of an import are in; it stays open while it waits for the loads whose rows it took for its own.
-- @params  import_id int, claim int
-- @returns import_id int
-- @locks   RowExclusiveLock
update arxdb.imports set finished_at = now()
  where import_id = :import_id::int and state = 'loading' and claim = :claim::int
  returning import_id
