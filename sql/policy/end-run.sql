-- Writes down what a run did, and how it ended.
-- @params  run_id bigint, steps jsonb, error text null
-- @returns -
-- @locks   RowExclusiveLock
update arxdb.policy_runs
  set ended_at = clock_timestamp(), steps = :steps::jsonb, error = :error::text
  where run_id = :run_id::bigint
