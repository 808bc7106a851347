-- Imports, newest first.
-- @params  row_limit int null
-- @returns import_id int, state text, target text, file_name text null, source text, rows_read bigint, inserted bigint,
--          updated bigint, unchanged bigint, duplicates bigint, skipped bigint, rejected bigint, incomplete boolean,
--          first_at timestamptz null, last_at timestamptz null, started_at timestamptz
-- @locks   AccessShareLock
select import_id, state, target, file_name, source, rows_read, inserted, updated, unchanged, duplicates, skipped, rejected,
       incomplete, first_at, last_at, started_at
  from arxdb.imports
  order by import_id desc
  limit :row_limit::int
