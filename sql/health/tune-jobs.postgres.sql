-- Background jobs that the server starts by itself: none.
-- @params  -
-- @returns jobs int
-- @locks   -
select 0 as jobs
