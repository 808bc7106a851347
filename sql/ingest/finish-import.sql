-- Closes an import: all its rows are in. No row comes back when the import was taken for dead.
-- @params  import_id int, content_sha256 bytea null, content_bytes bigint null
-- @returns import_id int
-- @locks   RowExclusiveLock
update arxdb.imports
  set state = 'done', content_sha256 = :content_sha256::bytea, content_bytes = :content_bytes::bigint,
      finished_at = now()
  where import_id = :import_id::int and state = 'loading'
  returning import_id
