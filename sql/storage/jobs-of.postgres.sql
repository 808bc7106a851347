-- Jobs of a table that the server starts by itself: none.
-- @params  table text
-- @returns job_id int
-- @locks   -
select null::int as job_id where false and :table::text is not null
