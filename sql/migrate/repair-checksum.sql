-- Accepts an edited file: its new checksums, and the note of who and why.
-- @params  source text, version text, name text, checksum text, raw_checksum text, note text
-- @returns -
-- @locks   RowExclusiveLock
update arxdb.migrations
set name = :name::text, checksum = :checksum::text, raw_checksum = :raw_checksum::text, note = :note::text
where source = :source::text and version = :version::text
