-- Puts a note on a migration's ledger row: what a statement that failed said.
-- @params  source text, version text, note text
-- @returns -
-- @locks   RowExclusiveLock
update arxdb.migrations
set note = :note::text
where source = :source::text and version = :version::text
