-- Whether a batch is in: a connection that broke during its commit cannot tell.
-- @params  import_id int, byte_from bigint
-- @returns booked boolean
-- @locks   AccessShareLock
select exists (
  select from arxdb.import_batches where import_id = :import_id::int and byte_from = :byte_from::bigint
) as booked
