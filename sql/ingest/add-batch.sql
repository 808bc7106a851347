-- Books a batch, in the transaction that brought its rows. No row comes back when another run has taken the import over.
-- @params  import_id int, claim int, byte_from bigint, byte_to bigint, line_from bigint, line_to bigint, prefix_sha256 bytea null,
--          rows_read int, inserted int, updated int, unchanged int, duplicates int, skipped int, rejected int, merged int,
--          first_at timestamptz null, last_at timestamptz null
-- @returns import_id int
-- @locks   RowExclusiveLock
with mine as (
  update arxdb.imports
    set rows_read = rows_read + :rows_read::int, inserted = inserted + :inserted::int, updated = updated + :updated::int,
        unchanged = unchanged + :unchanged::int, duplicates = duplicates + :duplicates::int,
        skipped = skipped + :skipped::int, rejected = rejected + :rejected::int, merged = merged + :merged::int,
        first_at = least(first_at, :first_at::timestamptz), last_at = greatest(last_at, :last_at::timestamptz)
    where import_id = :import_id::int and state = 'loading' and claim = :claim::int
    returning import_id
)
insert into arxdb.import_batches (import_id, byte_from, byte_to, line_from, line_to, prefix_sha256, rows_read, inserted,
                                  updated, unchanged, duplicates, skipped, rejected, merged)
  select import_id, :byte_from::bigint, :byte_to::bigint, :line_from::bigint, :line_to::bigint, :prefix_sha256::bytea,
         :rows_read::int, :inserted::int, :updated::int, :unchanged::int, :duplicates::int, :skipped::int,
         :rejected::int, :merged::int
    from mine
  returning import_id
