-- Jobs of TimescaleDB's scheduler: PostgreSQL by itself has none.
-- @params  -
-- @returns job int, procedure text, relation text null, state text, last_success timestamptz null,
--          next_start timestamptz null, failures bigint, error text null
-- @locks   -
select 0 as job, ''::text as procedure, null::text as relation, ''::text as state, null::timestamptz as last_success,
       null::timestamptz as next_start, 0::bigint as failures, null::text as error
  where false
