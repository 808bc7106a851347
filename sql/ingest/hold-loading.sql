-- Other loads into a table that may still be taken back, held so that none is until the transaction ends.
-- @params  import_id int, target text
-- @returns import_id int
-- @locks   RowShareLock
select import_id from arxdb.imports
  where state = 'loading' and atomic and finished_at is null and target = :target::text and import_id <> :import_id::int
  for key share
