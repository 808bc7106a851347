-- Marks the other loads that had left out rows in a span of time: what they leaned on goes, and their files add it again.
-- @params  import_id int, target text, since timestamptz, until timestamptz
-- @returns import_id int, file_name text null
-- @locks   RowExclusiveLock
update arxdb.imports
  set incomplete = true, content_sha256 = null
  where state in ('loading', 'done') and target = :target::text and import_id <> :import_id::int
    and skipped + unchanged > 0 and first_at <= :until::timestamptz and last_at >= :since::timestamptz
  returning import_id, file_name
