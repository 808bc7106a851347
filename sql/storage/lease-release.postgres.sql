-- Gives a holder's jobs back: here the server has none.
-- @params  holder text
-- @returns job_id int, next_start timestamptz
-- @locks   -
select null::int as job_id, null::timestamptz as next_start where false and :holder::text is not null
