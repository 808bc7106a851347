-- Books a batch, in the transaction that brought its rows. No row comes back when the import was taken for dead.
-- @params  import_id int, byte_from bigint, byte_to bigint, rows_read int, inserted int, first_at timestamptz, last_at timestamptz
-- @returns import_id int
-- @locks   RowExclusiveLock
with batch as (
  insert into arxdb.import_batches (import_id, byte_from, byte_to, rows_read, inserted)
    values (:import_id::int, :byte_from::bigint, :byte_to::bigint, :rows_read::int, :inserted::int)
)
update arxdb.imports
  set rows_read = rows_read + :rows_read::int, inserted = inserted + :inserted::int,
      duplicates = duplicates + :rows_read::int - :inserted::int,
      first_at = least(first_at, :first_at::timestamptz), last_at = greatest(last_at, :last_at::timestamptz)
  where import_id = :import_id::int and state = 'loading'
  returning import_id
