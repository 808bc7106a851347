-- Imports under one mapping that are in, or were being loaded.
-- @params  mapping_sha256 bytea
-- @returns import_id int, state text, target text, file_name text null, content_sha256 bytea null, content_bytes bigint null,
--          rows_read bigint, inserted bigint, first_at timestamptz null, last_at timestamptz null
-- @locks   AccessShareLock
select import_id, state, target, file_name, content_sha256, content_bytes, rows_read, inserted, first_at, last_at
  from arxdb.imports
  where mapping_sha256 = :mapping_sha256::bytea and state in ('loading', 'done')
  order by import_id
