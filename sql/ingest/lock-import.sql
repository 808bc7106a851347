-- An import's row, held until the transaction ends: a batch that is being committed is waited for.
-- @params  import_id int
-- @returns state text, target text, file_name text null, inserted bigint, updated bigint, first_at timestamptz null,
--          last_at timestamptz null, complete boolean
-- @locks   RowShareLock
select state, target, file_name, inserted, updated, first_at, last_at, finished_at is not null as complete
  from arxdb.imports
  where import_id = :import_id::int
  for update
