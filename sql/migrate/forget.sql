-- Takes a migration out of the ledger.
-- @params  source text, version text
-- @returns -
-- @locks   RowExclusiveLock
delete from arxdb.migrations
where source = :source::text and version = :version::text
