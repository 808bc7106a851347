-- Hypertables whose background jobs would get in a backup's way: here there are none.
-- @params  -
-- @returns relation text
-- @locks   -
select null::text as relation where false
