-- Which tables are hypertables: here none.
-- @params  -
-- @returns table text
-- @locks   none
select null::text as table where false
