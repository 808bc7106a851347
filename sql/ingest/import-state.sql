-- What has become of an import.
-- @params  import_id int
-- @returns state text, complete boolean
-- @locks   AccessShareLock
select state, finished_at is not null as complete from arxdb.imports where import_id = :import_id::int
