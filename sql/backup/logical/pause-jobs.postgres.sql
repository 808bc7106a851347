-- Switches off the jobs of users and policies that are on: here there are none.
-- @params  -
-- @returns job_id int
-- @locks   -
select null::int as job_id where false
