-- Forgets the tier once no migration is left, so that the next first one chooses anew.
-- @params  -
-- @returns -
-- @locks   RowExclusiveLock
delete from arxdb.schema_tier
where not exists (select from arxdb.migrations)
