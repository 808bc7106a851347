-- Jobs that the server runs for tables: PostgreSQL by itself has none.
-- @params  relations text[]
-- @returns relation text, job_id int, proc text, after bigint null, scheduled boolean, schedule_interval bigint,
--          next_start timestamptz null, last_run timestamptz null, last_success timestamptz null, last_status text null,
--          failures bigint, last_error text null, last_error_at timestamptz null, held_until timestamptz null
-- @locks   -
select a.relation, 0 as job_id, '' as proc, 0::bigint as after, false as scheduled, 0::bigint as schedule_interval,
       now() as next_start, now() as last_run, now() as last_success, '' as last_status, 0::bigint as failures, '' as last_error,
       now() as last_error_at, now() as held_until
  from unnest(:relations::text[]) as a(relation)
  where false
