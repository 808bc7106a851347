-- Chunks, which are parts of hypertables and no tables of their own: here there are none.
-- @params  -
-- @returns name text
-- @locks   -
select null::text as name where false
