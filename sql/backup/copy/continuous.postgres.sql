-- Continuous aggregates: here there are none.
-- @params  -
-- @returns name text
-- @locks   -
select null::text as name where false
