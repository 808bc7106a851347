-- Notes that rollups of a stretch of time are not to be believed: its rows were dropped without a trigger.
-- @params  facts text, since timestamptz, until timestamptz
-- @returns noted text
-- @locks   RowExclusiveLock
select arxdb.note_range(:facts::text, :since::timestamptz, :until::timestamptz)::text as noted
