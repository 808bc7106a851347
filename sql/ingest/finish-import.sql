-- Closes an import: all its rows are in. No row comes back when another run has taken it over. One whose left-out rows
-- went meanwhile keeps no hash: the same file adds what is missing.
-- @params  import_id int, claim int, content_sha256 bytea null, content_bytes bigint null
-- @returns import_id int, rows_read bigint, inserted bigint, updated bigint, unchanged bigint, duplicates bigint,
--          skipped bigint, rejected bigint, merged bigint, first_at timestamptz null, last_at timestamptz null,
--          incomplete boolean
-- @locks   RowExclusiveLock
update arxdb.imports
  set state = 'done', content_sha256 = case when not incomplete then :content_sha256::bytea end,
      content_bytes = :content_bytes::bigint, finished_at = now()
  where import_id = :import_id::int and state = 'loading' and claim = :claim::int
  returning import_id, rows_read, inserted, updated, unchanged, duplicates, skipped, rejected, merged, first_at, last_at,
            incomplete
