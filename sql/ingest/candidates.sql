-- Imports under one mapping, or under the user's own name for the content, that are in or were being loaded.
-- @params  mapping_sha256 bytea, import_key text null
-- @returns import_id int, state text, target text, file_name text null, same_mapping boolean, content_sha256 bytea null,
--          content_bytes bigint null, atomic boolean, rows_read bigint, rejected bigint, import_key text null,
--          first_at timestamptz null, last_at timestamptz null
-- @locks   AccessShareLock
select import_id, state, target, file_name, coalesce(mapping_sha256 = :mapping_sha256::bytea, false) as same_mapping,
       content_sha256, content_bytes, atomic, rows_read, rejected, import_key, first_at, last_at
  from arxdb.imports
  where (mapping_sha256 = :mapping_sha256::bytea or import_key = :import_key::text) and state in ('loading', 'done')
  order by import_id
