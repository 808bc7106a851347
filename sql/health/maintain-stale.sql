-- Ranges of time whose rollups are not those of the rows any more.
-- @params  -
-- @returns ranges int
-- @locks   AccessShareLock
select count(*)::int as ranges from arxdb.rollup_dirty
