-- Takes a lease on the jobs of a table: here the server has none.
-- @params  table text, holder text, lease interval
-- @returns job_id int, owner text, mine boolean, put_off timestamptz
-- @locks   -
select null::int as job_id, null::text as owner, false as mine, null::timestamptz as put_off
  where false and :table::text <> :holder::text and :lease::interval is not null
