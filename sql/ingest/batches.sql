-- Byte ranges of an import that are in, in the file's order.
-- @params  import_id int
-- @returns byte_from bigint, byte_to bigint, line_from bigint null, line_to bigint null, prefix_sha256 bytea null
-- @locks   AccessShareLock
select byte_from, byte_to, line_from, line_to, prefix_sha256
  from arxdb.import_batches
  where import_id = :import_id::int
  order by byte_from
