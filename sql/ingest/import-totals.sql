-- What an import has come to so far.
-- @params  import_id int
-- @returns rows_read bigint, inserted bigint, updated bigint, unchanged bigint, duplicates bigint, skipped bigint,
--          rejected bigint, merged bigint, first_at timestamptz null, last_at timestamptz null
-- @locks   AccessShareLock
select rows_read, inserted, updated, unchanged, duplicates, skipped, rejected, merged, first_at, last_at
  from arxdb.imports
  where import_id = :import_id::int
