-- The tier the schema was made for, as its first migration recorded it.
-- @params  -
-- @returns tier text
-- @locks   AccessShareLock
select tier from arxdb.schema_tier
