-- Hypertables: here there are none.
-- @params  -
-- @returns relation text, chunks bigint
-- @locks   -
select null::text as relation, null::bigint as chunks where false
